package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/// One supervised Buildkite agent. It ends with the daemon: first asked, so that a job of it can
/// clean up.
final class AgentProcess implements AutoCloseable {
  private static final Duration CLEAN_UP = Duration.ofSeconds(15);

  private final String name;
  private final Guarded process;
  private final Instant started = Instant.now();

  private AgentProcess(String name, Guarded process) {
    this.name = name;
    this.process = process;
  }

  static AgentProcess start(HostSettings host, int slot) {
    Path config = AgentConfig.write(host, slot);
    Path here = AgentConfig.directory(host, slot);
    Path temporary = AgentConfig.temporary(host, slot);
    // An agent that was killed leaves the environment of its job in a file there.
    Directories.delete(temporary);
    Directories.makePrivate(temporary);
    Command command =
        HostEnvironment.of(
            Command.of(host.agent().binary(), "start", "--config", config.toString()),
            host,
            temporary);
    Duration grace = Duration.ofSeconds(host.agent().cancelGrace()).plus(CLEAN_UP);
    Guarded process =
        Guardian.of(command, here, here.resolve("agent.log"), here.resolve("agent.pid"))
            .grace(grace)
            .start();
    return new AgentProcess(AgentConfig.name(host, slot), process);
  }

  String name() {
    return name;
  }

  boolean alive() {
    return process.alive();
  }

  Instant started() {
    return started;
  }

  long pid() {
    return process.identity().pid();
  }

  @Override
  public void close() {
    process.close();
  }
}
