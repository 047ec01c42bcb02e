package dev.bakehouse.local;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// A host daemon as a child of this process; it ends with it.
final class HostProcess implements AutoCloseable {
  private static final Duration SAVED = Duration.ofMinutes(30);
  private static final Duration GRACE = Duration.ofSeconds(30);

  private final HostSpec spec;
  private final Path file;
  private final Path log;
  private final Guarded daemon;

  private HostProcess(HostSpec spec, Path file, Path log, Guarded daemon) {
    this.spec = spec;
    this.file = file;
    this.log = log;
    this.daemon = daemon;
  }

  static HostProcess start(HostSpec spec) {
    Path file = spec.write();
    Path log = spec.state().resolve("host.log");
    Command command = Command.of(Self.argv("host", "run", "--config", file.toString()));
    Guarded daemon =
        Guardian.of(command, spec.state(), log, spec.state().resolve("host.pid"))
            .grace(GRACE)
            .start();
    return new HostProcess(spec, file, log, daemon);
  }

  String name() {
    return spec.name();
  }

  /// @throws UserError when the daemon is gone, with the end of its log
  void insistAlive() {
    if (!daemon.alive()) {
      throw new UserError(
          "The host " + name() + " ended early: " + tail(), "Its whole log is " + log + ".");
    }
  }

  /// Waits until the store has what jobs of this host left on cache volumes.
  void awaitCaches() {
    Command.of(Self.argv("cache", "volumes", "publish", "--wait"))
        .and("--config", file.toString())
        .deadline(SAVED)
        .check();
  }

  private String tail() {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join(" / ", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
    } catch (IOException e) {
      return "(no log)";
    }
  }

  @Override
  public void close() {
    daemon.close();
  }
}
