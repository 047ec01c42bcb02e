package dev.bakehouse.cli;

import dev.bakehouse.host.HostStatus;
import dev.bakehouse.host.Orders;
import dev.bakehouse.host.Requirement;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.UserError;
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
      "What is required holds until the next check that names any of it, which",
      "forgets the rest: --release \"\" alone requires nothing more. A check without",
      "any of these options only looks. Ends with 1 when the host is not ready or",
      "has no agents, or no daemon runs."
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
    bootstrap.ifPresent(HostCheck::insistVersion);
    boolean requires = bootstrap.isPresent() || release.isPresent() || bun.isPresent();
    HostSettings host = requires ? options.told() : options.settings();
    if (requires) {
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
    boolean away = !status.away().isEmpty();
    if (status.ready() && away && !json) {
      System.out.println("this check ends with 1: there are no agents to take jobs");
    }
    return status.ready() && !away ? Exit.OK : Exit.FAILED;
  }

  private static void insistVersion(String version) {
    if (!version.isEmpty() && !Requirement.comparable(version)) {
      throw new UserError(
          "--bootstrap-version `" + version + "` is no version of numbers and dots",
          "Name one as in the script's line `# Version: 3.6`; \"\" requires none.");
    }
  }
}
