package dev.bakehouse.cli;

import dev.bakehouse.host.HostStatus;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse host status`
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = "Show what the host's daemon found and what its agents do.",
    footer = "Ends with 1 when no daemon runs.")
final class HostStatusCommand implements Callable<Integer> {
  @Mixin HostOptions options = new HostOptions();

  @Option(names = "--json", description = "Answer in JSON.")
  boolean json;

  @Override
  public Integer call() {
    HostView view = new HostView(options.settings());
    Optional<HostStatus> status = view.now();
    if (json) {
      view.json(status.orElseGet(view::absent));
    }
    HostStatus there = status.orElseThrow(view::noDaemon);
    if (!json) {
      HostView.print(there);
    }
    return Exit.OK;
  }
}
