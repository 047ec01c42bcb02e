package dev.bakehouse.cli;

import dev.bakehouse.host.HostStatus;
import dev.bakehouse.host.Orders;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Poll;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse host drain`
@Command(
    name = "drain",
    mixinStandardHelpOptions = true,
    description = "Let the agents finish their jobs and stay away until `undrain`.")
final class HostDrain implements Callable<Integer> {
  private static final Duration LONGEST = Duration.ofDays(2);

  @Mixin HostOptions options = new HostOptions();

  @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for people.")
  String reason = "no reason given";

  @Option(names = "--wait", description = "Wait until the last job has ended.")
  boolean wait;

  @Override
  public Integer call() {
    HostSettings host = options.told();
    new Orders(host.state()).drain(reason);
    HostView view = new HostView(host);
    if (view.now().isEmpty()) {
      System.out.println(host.name() + ": no daemon runs; one that is started stays drained");
      return Exit.OK;
    }
    HostStatus status = view.next();
    if (wait) {
      status =
          Poll.until(
              "the jobs of " + host.name() + " to end",
              LONGEST,
              () -> Optional.of(view.next()).filter(HostStatus::allAway));
    }
    HostView.print(status);
    return Exit.OK;
  }
}
