package dev.bakehouse.cli;

import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Vm;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "create",
    mixinStandardHelpOptions = true,
    description = "Makes a VM from an image; does not start it.")
final class VmCreate implements Callable<Integer> {
  @Mixin private VmState state = new VmState();
  @Mixin private VmShape shape = new VmShape();

  @Parameters(paramLabel = "NAME", description = "The VM.")
  private String name = "";

  @Option(
      names = "--image",
      required = true,
      description = "A stored image, or a directory with disk.img; for Tart a local VM of Tart.")
  private String image = "";

  @Override
  public Integer call() {
    Hypervisor hypervisor = state.hypervisor();
    Vm _ =
        state.holding(
            hypervisor,
            image,
            () -> hypervisor.create(name, state.image(hypervisor, image), shape.shape()));
    return Exit.OK;
  }
}
