package dev.bakehouse.cli;

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
    state.require(state.hypervisor(), name).shutdown(Duration.ofSeconds(grace));
    return Exit.OK;
  }
}
