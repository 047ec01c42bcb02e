package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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

  /// Bytes of its log that hold what it wrote last.
  private static final int LAST = 1024;

  private final HostSettings host;
  private final int slot;
  private final String name;
  private final Path temporary;
  private final Guarded process;
  private final long started = System.nanoTime();

  private AgentProcess(HostSettings host, int slot, Path temporary, Guarded process) {
    this.host = host;
    this.slot = slot;
    this.name = AgentConfig.name(host, slot);
    this.temporary = temporary;
    this.process = process;
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
    Guarded process =
        Guardian.of(command, here, here.resolve(LOG), identity(host, slot))
            .grace(grace(host))
            .lasting()
            .start();
    return new AgentProcess(host, slot, temporary, process);
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

  /// What it wrote last into its log; empty when that is not known.
  String lastWords() {
    try (FileChannel log = FileChannel.open(AgentConfig.directory(host, slot).resolve(LOG))) {
      ByteBuffer end = ByteBuffer.allocate(LAST);
      log.read(end, Math.max(0, log.size() - LAST));
      return new String(end.array(), 0, end.position(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.replaceAll("\\p{Cc}", "").strip())
          .filter(line -> !line.isEmpty())
          .reduce("", (_, line) -> line);
    } catch (IOException e) {
      return "";
    }
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
