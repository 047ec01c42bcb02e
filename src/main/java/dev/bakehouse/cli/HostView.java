package dev.bakehouse.cli;

import dev.bakehouse.host.HostStatus;
import dev.bakehouse.host.Orders;
import dev.bakehouse.host.StatusFile;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.UserError;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;

/// What a host's daemon tells, for people and programs.
final class HostView {
  private static final Duration ANSWER = Duration.ofSeconds(30);

  private final HostSettings host;

  HostView(HostSettings host) {
    this.host = host;
  }

  /// As it is; empty when no daemon runs.
  Optional<HostStatus> now() {
    return new StatusFile(host).read();
  }

  /// As the daemon finds it when it looks the next time, which it does every second.
  ///
  /// @throws UserError when none runs, or it does not look
  HostStatus next() {
    Instant since = Instant.now();
    return Poll.until(
        "the daemon of " + host.name() + " to look",
        ANSWER,
        () ->
            Optional.of(now().orElseThrow(() -> new Poll.Fatal(none(), remedy())))
                .filter(status -> Instant.parse(status.checked()).isAfter(since)));
  }

  UserError noDaemon() {
    return new UserError(none(), remedy());
  }

  private String none() {
    return "No daemon runs with the state directory " + host.state() + drained();
  }

  private String drained() {
    return new Orders(host.state())
        .drain()
        .map(drain -> " (it is drained since " + drain.since() + ": " + drain.reason() + ")")
        .orElse("");
  }

  private String remedy() {
    return "Start it: bakehouse host run --config " + host.file() + ".";
  }

  /// What programs get where no daemon runs.
  HostStatus absent() {
    return new HostStatus(host.name(), "", "", false, none(), "no daemon", List.of(), List.of());
  }

  /// With the order to drain, which holds without a daemon too, as `drain`.
  void json(HostStatus status) {
    System.out.println(new StatusFile(host).json(status));
  }

  static void print(HostStatus status) {
    StringJoiner lines = new StringJoiner("\n");
    String stands = status.ready() ? "" : "not ready: ";
    lines.add(
        status.host()
            + ": "
            + (status.away().isEmpty() ? "" : "no agents, " + status.away() + "; ")
            + stands
            + status.reason());
    for (HostStatus.Image image : status.images()) {
      lines.add(
          "image %s  %s%s%s"
              .formatted(
                  image.name(),
                  image.state(),
                  shown(", bootstrap ", image.bootstrapVersion()),
                  shown(", version ", image.bunVersion())));
    }
    for (HostStatus.Agent agent : status.agents()) {
      lines.add(
          "agent %s  %s%s%s%s"
              .formatted(
                  agent.name(),
                  agent.state(),
                  shown(" ", agent.job()),
                  shown(", not registered: ", agent.refusal()),
                  shown(", the last one ", agent.trouble())));
    }
    lines.add("looked at " + status.checked() + ", process " + status.daemon().split(" ")[0]);
    System.out.println(lines);
  }

  private static String shown(String before, String text) {
    return text.isEmpty() ? "" : before + text;
  }
}
