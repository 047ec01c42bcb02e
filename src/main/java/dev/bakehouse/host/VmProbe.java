package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;

/// `bakehouse job run --fresh -- true` with the environment that jobs have, as a process that ends
/// with this one. A host that is paused has no VM on standby.
final class VmProbe implements Breaker.Probe {
  private static final Duration LOOK = Duration.ofSeconds(1);

  private final HostSettings host;
  private final CountDownLatch stop;

  VmProbe(HostSettings host, CountDownLatch stop) {
    this.host = host;
    this.stop = stop;
  }

  @Override
  public boolean possible() {
    return new StatusFile(host)
        .read()
        .map(status -> status.agents().stream().anyMatch(agent -> agent.job().isEmpty()))
        .orElse(true);
  }

  @Override
  public Optional<String> run() {
    Path log = host.state().resolve("probe.log");
    Path temporary = Directories.makePrivate(host.state().resolve("probe"));
    Command command =
        HostEnvironment.of(
            Command.of(Self.argv("job", "run", "--fresh", "--config"))
                .and(host.file().toAbsolutePath().toString(), "--", "true"),
            host,
            temporary);
    Duration limit = host.operations().breaker().probe();
    Instant over = Instant.now().plus(limit);
    try {
      Files.deleteIfExists(log);
      try (Guarded process =
          Guardian.of(command, temporary, log, temporary.resolve("pid")).start()) {
        while (stop.getCount() > 0 && Instant.now().isBefore(over)) {
          OptionalInt status = process.await(LOOK);
          if (status.isPresent()) {
            return status.getAsInt() == 0 ? Optional.empty() : Optional.of(complaint(log));
          }
        }
      }
      return Optional.of("it took over " + limit.toSeconds() + " s, see " + log);
    } catch (IOException | UserError e) {
      return Optional.of("it could not be started: " + e.getMessage());
    }
  }

  /// What the program said of the failure, else its last line.
  private static String complaint(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
    return lines.reversed().stream()
        .filter(line -> line.startsWith("bakehouse: "))
        .findFirst()
        .or(() -> lines.reversed().stream().findFirst())
        .orElse("it said nothing")
        .replaceFirst("^bakehouse: ", "");
  }
}
