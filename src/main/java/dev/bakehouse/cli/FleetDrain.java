package dev.bakehouse.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "drain",
    mixinStandardHelpOptions = true,
    description = "Has hosts finish their jobs and take no more.")
final class FleetDrain implements Callable<Integer> {
  @Mixin private FleetOptions options = new FleetOptions();

  @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for people.")
  private String reason = "by fleet drain";

  @Option(
      names = "--wait-minutes",
      paramLabel = "N",
      description = "Wait until the last job has ended, so long at most.",
      defaultValue = "0")
  private int wait;

  @Override
  public Integer call() {
    List<String> words = new ArrayList<>(List.of("host", "drain", "--reason", reason));
    if (wait > 0) {
      words.add("--wait");
    }
    return options.tell(
        options.fleet().tell(words, Duration.ofMinutes(wait)),
        List.of("DRAIN"),
        _ -> List.of(wait > 0 ? "drained" : "asked"));
  }
}
