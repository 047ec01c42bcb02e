package dev.bakehouse.cli;

import dev.bakehouse.fleet.Fleet.Result;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "exec",
    mixinStandardHelpOptions = true,
    description = "Runs a command on hosts, each word as it stands, with an empty input.")
final class FleetExec implements Callable<Integer> {
  @Mixin private FleetOptions options = new FleetOptions();

  @Option(
      names = "--timeout-seconds",
      paramLabel = "N",
      description = "How long each host may take (${DEFAULT-VALUE}).",
      defaultValue = "60")
  private int seconds;

  @Parameters(
      paramLabel = "CMD",
      arity = "1..*",
      description = "The command and its arguments, after `--`.")
  private List<String> command = List.of();

  @Override
  public Integer call() {
    List<Result> results = options.fleet().exec(command, Duration.ofSeconds(seconds));
    if (options.json()) {
      return options.tell(results, List.of(), _ -> List.of());
    }
    for (Result result : results) {
      if (result.answer() != null) {
        Objects.requireNonNull(result.answer())
            .asString("")
            .lines()
            .forEach(line -> System.out.println(result.host() + ": " + line));
      }
      if (!result.ok()) {
        String what = result.reached() ? "ended with " + result.status() : "was not reached";
        result.trouble().lines().forEach(line -> System.err.println(result.host() + ": " + line));
        System.err.println(result.host() + ": " + what);
      }
    }
    return FleetOptions.status(results);
  }
}
