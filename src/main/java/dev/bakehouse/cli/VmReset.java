package dev.bakehouse.cli;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.VmRecord;
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
    VmRecord made = state.made(name);
    Hypervisor hypervisor = state.of(made);
    Vm _ =
        state.holding(
            hypervisor,
            made.image().name(),
            () -> {
              BaseImage image = image(hypervisor, made.image());
              hypervisor.find(name).ifPresent(Vm::destroy);
              return hypervisor.create(name, image, made.shape());
            });
    return Exit.OK;
  }

  private BaseImage image(Hypervisor hypervisor, BaseImage before) {
    boolean own = hypervisor.imageStore().isPresent();
    try {
      return state.image(hypervisor, own ? before.name() : before.directory().toString());
    } catch (UserError e) {
      throw new UserError(
          "The image of " + name + " is gone: " + e.getMessage(),
          "`bakehouse image ensure` gets or makes it; the VM was left as it is.",
          e);
    }
  }
}
