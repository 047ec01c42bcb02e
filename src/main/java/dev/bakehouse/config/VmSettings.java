package dev.bakehouse.config;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/// The `vm:` section: what a job's VM gets and how long its start may take.
///
/// @param hypervisor `qemu`, `tart` or `auto` (Tart on Apple Silicon where it is installed, else
///   QEMU)
/// @param size of a VM whose image has none of its own
/// @param images sizes by the image's name
/// @param limit the most a step may ask for; without one, the largest of the sizes above
/// @param network `isolated` (no way out but the job's own connection), `outbound` (all that the
///   host reaches, its loopback among it), or `auto`: outbound for a coordinator that is not on the
///   host's loopback, else isolated. For QEMU; Tart's guests always have a way out
/// @param subnet the guest's own network, a /24
/// @param start `auto`, `boot`, `resume` or `standby`
/// @param boot until the guest's control program answers after a cold boot
/// @param resume the same after a resume
/// @param connect until SSH is connected once the guest has its identity
/// @param fullDisk how long a running VM may wait for room on the host's disk
public record VmSettings(
    String hypervisor,
    VmSize size,
    Map<String, VmSize> images,
    VmSize limit,
    String network,
    Subnet subnet,
    String start,
    Duration boot,
    Duration resume,
    Duration connect,
    Duration fullDisk) {
  /// What no office and no other program uses by itself: 192.168.127.0/24.
  public static final Subnet SUBNET = Subnet.parse("192.168.127.0/24").orElseThrow();

  private static final VmSize SIZE = new VmSize(4, 8192, 50);

  public VmSettings {
    images = Map.copyOf(images);
  }

  public static VmSettings read(Section section) {
    VmSize size = VmSize.read(section, SIZE);
    Map<String, VmSize> images =
        section.named(
            "images",
            image -> {
              VmSize own = VmSize.read(image, size);
              image.close();
              return own;
            });
    VmSettings settings =
        new VmSettings(
            section.choice("hypervisor", "auto", List.of("auto", "qemu", "tart")),
            size,
            images,
            limit(section, images.values().stream().reduce(size, VmSize::max)),
            section.choice("network", "auto", List.of("auto", "isolated", "outbound")),
            subnet(section),
            section.choice("start", "auto", List.of("auto", "boot", "resume", "standby")),
            Duration.ofSeconds(section.number("boot-seconds", 300, 1, 7200)),
            Duration.ofSeconds(section.number("resume-seconds", 60, 1, 7200)),
            Duration.ofSeconds(section.number("connect-seconds", 60, 1, 7200)),
            Duration.ofSeconds(section.number("full-disk-seconds", 120, 1, 7200)));
    section.close();
    return settings;
  }

  /// The size of an image's VMs when the step asks for nothing else.
  public VmSize size(String image) {
    return images.getOrDefault(image, size);
  }

  private static VmSize limit(Section section, VmSize largest) {
    Section inner = section.section("limit");
    VmSize limit = VmSize.read(inner, largest);
    inner.close();
    if (!limit.holds(largest)) {
      throw section.error(
          "limit",
          "is below a size this file itself gives to VMs",
          "Raise it to "
              + largest.cpus()
              + " CPUs, "
              + largest.memoryMb()
              + " MB, "
              + largest.diskGb()
              + " GB at least, or make the VMs smaller.");
    }
    return limit;
  }

  private static Subnet subnet(Section section) {
    String text = section.text("subnet", SUBNET.toString());
    return Subnet.parse(text)
        .filter(subnet -> subnet.bits() == 24)
        .orElseThrow(
            () ->
                section.error(
                    "subnet",
                    "is not a /24 network: " + text,
                    "Write it like `192.168.127.0/24`."));
  }
}
