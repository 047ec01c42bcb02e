package dev.bakehouse.cli;

import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Vm;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description =
        "Starts a VM in the background; makes it first when --image is given. It takes a slot.")
final class VmRun implements Callable<Integer> {
  @Mixin private VmState state = new VmState();
  @Mixin private VmShape shape = new VmShape();

  @Parameters(paramLabel = "NAME", description = "The VM.")
  private String name = "";

  @Option(names = "--image", description = "Make the VM from this image when it does not exist.")
  private Optional<String> image = Optional.empty();

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "How long to wait for a free slot (default: ${DEFAULT-VALUE}).")
  private int wait = 60;

  @Override
  public Integer call() {
    boolean create = state.record(name).isEmpty() && image.isPresent();
    try (Lease lease = state.slots().acquire(Duration.ofSeconds(wait), VmState::say)) {
      Vm vm = create ? create(image.get()) : state.require(name);
      lease.bind(name);
      vm.start(Owner.DETACHED);
      lease.leave();
      System.out.println(name + " runs; console: " + vm.console());
    }
    return Exit.OK;
  }

  private Vm create(String from) {
    Hypervisor hypervisor = state.hypervisor();
    return hypervisor.create(name, state.image(hypervisor, from), shape.shape());
  }
}
