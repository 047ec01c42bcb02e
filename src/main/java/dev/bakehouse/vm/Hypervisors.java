package dev.bakehouse.vm;

import dev.bakehouse.config.VmSettings;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.qemu.QemuHypervisor;
import dev.bakehouse.vm.tart.TartHypervisor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// Chooses the hypervisor of a host.
public final class Hypervisors {
  /// All there are.
  public static final List<String> NAMES = List.of("qemu", "tart");

  private Hypervisors() {}

  /// @param settings name it, or say `auto`: Tart on Apple Silicon where `tart` is on PATH, else
  ///   QEMU
  /// @param owner DETACHED: what is made lives on after this process, also before it is started
  public static Hypervisor of(VmSettings settings, Path state, Owner owner) {
    return of(settings.hypervisor(), settings, state, owner);
  }

  /// For new VMs, by another name than the settings'.
  ///
  /// @param name one of [#NAMES], or `auto`
  public static Hypervisor of(String name, VmSettings settings, Path state, Owner owner) {
    boolean auto = name.equals("auto");
    boolean tart =
        auto && prefersTart(System.getProperty("os.name"), System.getProperty("os.arch"));
    String chosen = !auto ? name : tart ? "tart" : "qemu";
    if (chosen.equals("tart") && settings.network().equals("isolated")) {
      throw new UserError(
          "VMs of Tart can not be cut off the network, as `vm.network: isolated` asks",
          "Leave `vm.network` out, or use QEMU (`vm.hypervisor: qemu`).");
    }
    return named(chosen, settings.boot(), state, owner);
  }

  /// All that may have VMs or templates in a state directory; none is asked to start one.
  public static List<Hypervisor> all(Path state) {
    return NAMES.stream().map(n -> named(n, Duration.ZERO, state, Owner.PIPE)).toList();
  }

  /// For VMs there are.
  ///
  /// @param name one of [#NAMES]
  /// @param boot until a guest answers
  public static Hypervisor named(String name, Duration boot, Path state, Owner owner) {
    return switch (name) {
      case "tart" -> new TartHypervisor(state, owner, boot);
      case "qemu" -> new QemuHypervisor(state, owner);
      default ->
          throw new UserError(
              "There is no hypervisor `" + name + "`", "Name one of auto, qemu, tart.");
    };
  }

  static boolean prefersTart(String system, String arch) {
    return system.startsWith("Mac") && arch.equals("aarch64") && TartHypervisor.installed();
  }
}
