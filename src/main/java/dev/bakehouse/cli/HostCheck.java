package dev.bakehouse.cli;

import dev.bakehouse.host.HostStatus;
import dev.bakehouse.host.Orders;
import dev.bakehouse.host.Requirement;
import dev.bakehouse.job.HostSettings;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse host check`
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = "Say what images must be, and whether the host is ready.",
    footer = {
      "What is required holds until the next check that says something else; a check without any",
      "of these options only looks. Ends with 1 when the host is not ready or no daemon runs."
    })
final class HostCheck implements Callable<Integer> {
  @Mixin HostOptions options = new HostOptions();

  @Option(
      names = "--bootstrap-version",
      paramLabel = "VERSION",
      description = "The least `# Version:` of the script that made them, for example 3.6.")
  Optional<String> bootstrap = Optional.empty();

  @Option(names = "--release", paramLabel = "N", description = "Their macOS: 13, 14 or 15.")
  Optional<String> release = Optional.empty();

  @Option(names = "--bun-version", paramLabel = "VERSION", description = "What they are for.")
  Optional<String> bun = Optional.empty();

  @Option(names = "--json", description = "Answer in JSON.")
  boolean json;

  @Override
  public Integer call() {
    HostSettings host = options.settings();
    if (bootstrap.isPresent() || release.isPresent() || bun.isPresent()) {
      new Orders(host.state())
          .require(new Requirement(bootstrap.orElse(""), release.orElse(""), bun.orElse("")));
    }
    HostView view = new HostView(host);
    HostStatus status = view.next();
    if (json) {
      view.json(status);
    } else {
      HostView.print(status);
    }
    return status.ready() && status.away().isEmpty() ? Exit.OK : Exit.FAILED;
  }
}
