package dev.bakehouse.config;

import java.time.Duration;
import java.util.List;

/// The `vm:` section: what a job's VM gets and how long its start may take.
///
/// @param hypervisor `qemu`, `tart` or `auto` (Tart on Apple Silicon where it is installed, else
///   QEMU)
/// @param cpus virtual CPUs
/// @param memoryMb MiB
/// @param diskGb size of the root disk, GiB
/// @param start `auto`, `boot` or `resume`
/// @param boot until the guest's control program answers after a cold boot
/// @param resume the same after a resume
/// @param connect until SSH is connected once the guest has its identity
public record VmSettings(
    String hypervisor,
    int cpus,
    int memoryMb,
    int diskGb,
    String start,
    Duration boot,
    Duration resume,
    Duration connect) {

  public static VmSettings read(Section section) {
    VmSettings settings =
        new VmSettings(
            section.choice("hypervisor", "auto", List.of("auto", "qemu", "tart")),
            section.number("cpus", 4, 1, 128),
            section.number("memory-mb", 8192, 256, 1 << 20),
            section.number("disk-gb", 50, 1, 1 << 14),
            section.choice("start", "auto", List.of("auto", "boot", "resume")),
            Duration.ofSeconds(section.number("boot-seconds", 300, 1, 7200)),
            Duration.ofSeconds(section.number("resume-seconds", 60, 1, 7200)),
            Duration.ofSeconds(section.number("connect-seconds", 60, 1, 7200)));
    section.close();
    return settings;
  }
}
