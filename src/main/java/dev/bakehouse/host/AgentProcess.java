package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Processes.Identity;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// One supervised Buildkite agent. When the daemon stops, it is asked to end, so that a job of it
/// can clean up. When the daemon dies, it takes no other job, finishes the one it has and leaves;
/// the next daemon waits for that ([#adopt]).
final class AgentProcess implements AutoCloseable {
  private static final Duration CLEAN_UP = Duration.ofSeconds(15);
  private static final String IDENTITY = "agent.pid";

  private final String name;
  private final Duration grace;
  private final Identity identity;
  private final Optional<Guarded> process;
  private final Instant started = Instant.now();

  private AgentProcess(String name, Duration grace, Identity identity, Optional<Guarded> process) {
    this.name = name;
    this.grace = grace;
    this.identity = identity;
    this.process = process;
  }

  /// The agent of a daemon that died, while it still finishes its job: the slot is its own as long.
  static Optional<AgentProcess> adopt(HostSettings host, int slot) {
    return Identity.read(AgentConfig.directory(host, slot).resolve(IDENTITY))
        .filter(agent -> agent.alive().isPresent())
        .map(
            agent ->
                new AgentProcess(
                    AgentConfig.name(host, slot), grace(host), agent, Optional.empty()));
  }

  private static Duration grace(HostSettings host) {
    return Duration.ofSeconds(host.agent().cancelGrace()).plus(CLEAN_UP);
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
    Guarded process =
        Guardian.of(command, here, here.resolve("agent.log"), here.resolve(IDENTITY))
            .grace(grace(host))
            .lasting()
            .start();
    return new AgentProcess(
        AgentConfig.name(host, slot), grace(host), process.identity(), Optional.of(process));
  }

  String name() {
    return name;
  }

  boolean alive() {
    return identity.alive().isPresent();
  }

  Instant started() {
    return started;
  }

  long pid() {
    return identity.pid();
  }

  @Override
  public void close() {
    process.ifPresentOrElse(
        guarded -> {
          guarded.terminate();
          guarded.close();
        },
        this::end);
  }

  /// As its guardian would: asked for the second time, an agent cancels its job.
  private void end() {
    identity.alive().ifPresent(ProcessHandle::destroy);
    try {
      Poll.until(
          "the end of the agent " + name, grace, () -> Optional.of(name).filter(_ -> !alive()));
    } catch (Poll.TimedOut e) {
      identity.alive().ifPresent(Processes::killTree);
    }
  }
}
