package dev.bakehouse.vm;

import dev.bakehouse.config.VmSettings;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.qemu.QemuHypervisor;
import dev.bakehouse.vm.tart.TartHypervisor;
import java.nio.file.Path;

/// Chooses the hypervisor of a host.
public final class Hypervisors {
  private Hypervisors() {}

  /// @param settings name it, or say `auto`: Tart on Apple Silicon where `tart` is on PATH, else
  ///   QEMU
  /// @param owner DETACHED: what is made lives on after this process, also before it is started
  public static Hypervisor of(VmSettings settings, Path state, Owner owner) {
    boolean tart =
        switch (settings.hypervisor()) {
          case "tart" -> true;
          case "qemu" -> false;
          default -> prefersTart(System.getProperty("os.name"), System.getProperty("os.arch"));
        };
    if (tart && settings.network().equals("isolated")) {
      throw new UserError(
          "VMs of Tart can not be cut off the network, as `vm.network: isolated` asks",
          "Leave `vm.network` out, or use QEMU (`vm.hypervisor: qemu`).");
    }
    return tart
        ? new TartHypervisor(state, owner, settings.boot())
        : new QemuHypervisor(state, owner);
  }

  static boolean prefersTart(String system, String arch) {
    return system.startsWith("Mac") && arch.equals("aarch64") && TartHypervisor.installed();
  }
}
