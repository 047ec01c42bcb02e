package dev.bakehouse.cli;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.VmRecord;
import dev.bakehouse.vm.qemu.QemuHypervisor;
import java.nio.file.Files;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "reset",
    mixinStandardHelpOptions = true,
    description = "Makes a VM anew from its image: all its changes are lost.")
final class VmReset implements Callable<Integer> {
  @Mixin private VmState state = new VmState();

  @Parameters(paramLabel = "NAME", description = "The VM.")
  private String name = "";

  @Override
  public Integer call() {
    QemuHypervisor hypervisor = state.hypervisor();
    Vm vm = state.require(hypervisor, name);
    VmRecord made = hypervisor.record(name).orElseThrow();
    if (!Files.isReadable(made.image().directory().resolve("disk.img"))) {
      throw new UserError(
          "The image of " + name + ", " + made.image().directory() + ", is gone",
          "`bakehouse image ensure` gets or makes it; the VM was left as it is.");
    }
    vm.destroy();
    hypervisor.create(name, state.image(made.image().directory().toString()), made.shape());
    return Exit.OK;
  }
}
