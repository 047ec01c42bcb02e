package dev.bakehouse.cli;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "drain",
    mixinStandardHelpOptions = true,
    description = "Has hosts finish their jobs and take no more.")
final class FleetDrain implements Callable<Integer> {
  private static final Duration ANSWER = Duration.ofMinutes(1);

  @Mixin private FleetOptions options = new FleetOptions();

  @Override
  public Integer call() {
    return options.tell(
        options.fleet().tell(List.of("host", "drain"), ANSWER),
        List.of("DRAIN"),
        _ -> List.of("asked"));
  }
}
