package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// One supervised Buildkite agent. When the daemon stops, it is asked to end, so that a job of it
/// can clean up. When the daemon dies, it takes no other job, finishes the one it has and leaves;
/// the next daemon's [AgentSlot] waits for that.
final class AgentProcess implements AutoCloseable {
  private static final Duration CLEAN_UP = Duration.ofSeconds(15);
  private static final String ENVIRONMENT = "job-env-";
  private static final int ID = 36;
  private static final String LOG = "agent.log";

  private final HostSettings host;
  private final String name;
  private final Path temporary;
  private final Guarded process;
  private final AgentLog log;
  private final Registration registration;
  private final long started = System.nanoTime();

  private AgentProcess(HostSettings host, int slot, Path temporary, Guarded process, AgentLog log) {
    this.host = host;
    this.name = AgentConfig.name(host, slot);
    this.temporary = temporary;
    this.process = process;
    this.log = log;
    this.registration = new Registration(log, Instant.now());
  }

  /// @param tags what it registers with, `name=value`
  static AgentProcess start(HostSettings host, int slot, List<String> tags) {
    Path config = AgentConfig.write(host, slot, tags);
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
    AgentLog log = new AgentLog(here.resolve(LOG));
    Guarded process =
        Guardian.of(command, here, here.resolve(LOG), identity(host, slot))
            .grace(grace(host))
            .lasting()
            .start();
    return new AgentProcess(host, slot, temporary, process, log);
  }

  /// Says which process the agent of a slot was last.
  static Path identity(HostSettings host, int slot) {
    return AgentConfig.directory(host, slot).resolve("agent.pid");
  }

  /// How long an agent has when its daemon ends.
  static Duration grace(HostSettings host) {
    return Duration.ofSeconds(host.agent().cancelGrace()).plus(CLEAN_UP);
  }

  /// Lets it finish its job, take no other and leave. Does not wait for that.
  void leave() {
    Farewell.say(host, name);
    process.identity().alive().ifPresent(ProcessHandle::destroy);
  }

  /// The job it runs, by the file that the agent keeps its environment in meanwhile.
  Optional<String> job() {
    return job(temporary);
  }

  /// The same of whatever agent a slot has.
  static Optional<String> job(HostSettings host, int slot) {
    return job(AgentConfig.temporary(host, slot));
  }

  private static Optional<String> job(Path temporary) {
    try (Stream<Path> files = Files.list(temporary)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(file -> file.startsWith(ENVIRONMENT))
          .map(file -> file.substring(ENVIRONMENT.length()))
          .map(id -> id.substring(0, Math.min(ID, id.length())))
          .findFirst();
    } catch (IOException | UncheckedIOException e) {
      return Optional.empty();
    }
  }

  String name() {
    return name;
  }

  /// Whether it can get jobs.
  boolean registered() {
    return registration.done(job().isPresent(), Instant.now());
  }

  /// What it told of why it is not registered yet; empty when it is, or there is nothing to tell.
  String refusal() {
    return registration.refusal();
  }

  /// What it wrote last into its log; empty when that is not known.
  String lastWords() {
    return log.lastWords();
  }

  boolean alive() {
    return process.alive();
  }

  /// How long ago it was started.
  Duration age() {
    return Duration.ofNanos(System.nanoTime() - started);
  }

  long pid() {
    return process.identity().pid();
  }

  @Override
  public void close() {
    if (alive()) {
      Farewell.say(host, name);
    }
    process.terminate();
    process.close();
  }
}
