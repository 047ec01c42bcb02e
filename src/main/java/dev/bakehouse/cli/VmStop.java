package dev.bakehouse.cli;

import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.GuestProgram;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Duplex;
import dev.bakehouse.vm.Vm;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "stop",
    mixinStandardHelpOptions = true,
    description = "Powers a VM off; kills it when the grace is over.")
final class VmStop implements Callable<Integer> {
  @Mixin private VmState state = new VmState();

  @Parameters(paramLabel = "NAME", description = "The VM.")
  private String name = "";

  @Option(
      names = "--grace",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "Time for a clean power-off (default: ${DEFAULT-VALUE}).")
  private int grace = 30;

  @Override
  public Integer call() {
    Vm vm = state.require(name);
    if (vm.running() && grace > 0 && !vm.shutdownAsksGuest()) {
      askGuest(vm);
    }
    vm.shutdown(Duration.ofSeconds(grace));
    return Exit.OK;
  }

  /// Not every guest heeds the power button.
  private void askGuest(Vm vm) {
    Duration patience = Duration.ofSeconds(Math.min(grace, 5));
    try (Duplex channel = vm.control(GuestProgram.bytes());
        Control control = new Control(channel.in(), channel.out())) {
      control.hello(patience);
      control.powerOff();
    } catch (UserError e) {
      VmState.say("no guest program answers; pressing the power button");
    }
  }
}
