package dev.bakehouse.cli;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "undrain",
    mixinStandardHelpOptions = true,
    description = "Has hosts take jobs again.")
final class FleetUndrain implements Callable<Integer> {
  @Mixin private FleetOptions options = new FleetOptions();

  @Override
  public Integer call() {
    return options.tell(
        options.fleet().tell(List.of("host", "undrain"), Duration.ZERO),
        List.of("UNDRAIN"),
        _ -> List.of("asked"));
  }
}
