package dev.bakehouse.coordinator;

import dev.bakehouse.ShortDirectory;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A coordinator, real agents and a repository in one directory.
final class Bench implements AutoCloseable {
  final Path dir;
  final Coordinator coordinator;
  final Path repository;
  private final List<Process> agents = new ArrayList<>();

  Bench(Path dir) {
    this(dir, Config.of(0, dir.resolve("state")));
  }

  Bench(Path dir, Config config) {
    this.dir = dir;
    this.coordinator = Coordinator.start(config);
    this.repository = repository(dir.resolve("repository"));
  }

  static Path repository(Path at) {
    Command.of("git", "init", "-q", "-b", "main", at.toString()).check();
    Command.of(
            "git",
            "-c",
            "user.name=T",
            "-c",
            "user.email=t@example.org",
            "-C",
            at.toString(),
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            "First")
        .check();
    return at;
  }

  Process agent(String name, String... tags) throws Exception {
    Process agent =
        agent(
            dir,
            coordinator.agentEndpoint(),
            Files.readString(coordinator.registrationToken()).strip(),
            name,
            List.of("--tags", String.join(",", tags)));
    agents.add(agent);
    return agent;
  }

  /// @param more words of the agent's command line
  static Process agent(Path dir, String endpoint, String token, String name, List<String> more)
      throws Exception {
    Path home = Files.createDirectories(dir.resolve("agent-" + name));
    Path sockets = ShortDirectory.make();
    Command command =
        Command.of("buildkite-agent", "start", "--name", name)
            .and(more.toArray(new String[0]))
            .and("--build-path", home.resolve("builds").toString())
            .and("--hooks-path", home.resolve("hooks").toString())
            .and("--plugins-path", home.resolve("plugins").toString())
            .and("--sockets-path", sockets.toString())
            .and("--cancel-grace-period", "3", "--no-color", "--no-ssh-keyscan")
            .env("BUILDKITE_AGENT_TOKEN", token)
            .env("BUILDKITE_AGENT_ENDPOINT", endpoint)
            .env("HOME", home.toString());
    return command.startInto(home.resolve("agent.log"));
  }

  String start(String yaml) {
    return coordinator.create(
        new BuildRequest(
            "test", repository.toString(), "HEAD", "main", "A test", Map.of("OUTER", "of build")),
        Pipeline.parse("pipeline.yml", yaml));
  }

  BuildView run(String yaml) {
    return await(start(yaml));
  }

  BuildView await(String build) {
    return await(coordinator, build);
  }

  static BuildView await(Coordinator coordinator, String build) {
    return Poll.until(
        "the build's end",
        Duration.ofSeconds(90),
        () -> Optional.of(coordinator.build(build)).filter(BuildView::ended));
  }

  JobView awaitJob(String build, String key, JobState state) {
    return Poll.until(
        key + " " + state,
        Duration.ofSeconds(60),
        () ->
            coordinator.build(build).jobs().stream()
                .filter(j -> key.equals(j.key()) && j.state() == state)
                .findFirst());
  }

  static JobView last(BuildView build, String key) {
    return build.jobs().stream()
        .filter(job -> key.equals(job.key()) && !job.retried())
        .findFirst()
        .orElseThrow(() -> new AssertionError("no job " + key + " in " + build));
  }

  String log(JobView job) {
    return new String(new LogText().filter(coordinator.log(job.id())), StandardCharsets.UTF_8);
  }

  /// Everything of all jobs, for a failed assertion.
  String logs(BuildView build) {
    StringBuilder all = new StringBuilder();
    build.jobs().forEach(job -> all.append("== ").append(job).append('\n').append(log(job)));
    return all.toString();
  }

  @Override
  public void close() {
    agents.forEach(agent -> Processes.killTree(agent.toHandle()));
    agents.forEach(agent -> agent.onExit().join());
    coordinator.close();
  }
}
