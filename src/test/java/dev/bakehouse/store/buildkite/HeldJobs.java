package dev.bakehouse.store.buildkite;

import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// A coordinator and a real agent whose jobs run until they are let go, so that a test can act as
/// one of them with its environment.
public final class HeldJobs implements AutoCloseable {
  private final Path dir;
  private final Path repository;
  public final Coordinator coordinator;
  private final Process agent;
  private final Set<Path> running = new HashSet<>();
  private int jobs;

  public HeldJobs(Path dir) throws Exception {
    this.dir = dir;
    coordinator = Coordinator.start(Config.of(0, dir.resolve("state")));
    repository = dir.resolve("repository");
    Command git = Command.of("git", "-c", "user.name=T", "-c", "user.email=t@example.org");
    git.and("init", "-q", "-b", "main", repository.toString()).check();
    git.and("-C", repository.toString(), "commit", "-q", "--allow-empty", "-m", "First").check();
    git.and("-C", repository.toString(), "branch", "feature").check();
    Path home = Files.createDirectories(dir.resolve("agent"));
    agent =
        Command.of("buildkite-agent", "start", "--name", "held-%spawn", "--spawn", "3")
            .and("--build-path", home.resolve("builds").toString())
            .and("--hooks-path", home.resolve("hooks").toString())
            .and("--plugins-path", home.resolve("plugins").toString())
            .and("--sockets-path", Files.createTempDirectory("bk").toString())
            .and("--cancel-grace-period", "3", "--no-color", "--no-ssh-keyscan")
            .env("BUILDKITE_AGENT_TOKEN", Files.readString(coordinator.registrationToken()).strip())
            .env("BUILDKITE_AGENT_ENDPOINT", coordinator.agentEndpoint())
            .env("HOME", home.toString())
            .startInto(home.resolve("log"));
  }

  /// A job that runs.
  public record Held(String build, Map<String, String> env, Path end) {
    public Held {
      env = Map.copyOf(env);
    }
  }

  /// @param extra more variables of the build, for example those of a pull request
  public Held hold(String branch, Map<String, String> extra) {
    return hold(branch, extra, List.of("held")).getFirst();
  }

  /// The jobs of one build, a step each.
  ///
  /// @param steps their keys, at most three
  public List<Held> hold(String branch, Map<String, String> extra, List<String> steps) {
    Path place = dir.resolve("job-" + jobs++);
    String command =
        """
        mkdir -p %1$s/$BUILDKITE_STEP_KEY; cd %1$s/$BUILDKITE_STEP_KEY; env -0 > new; mv new env;
        while [ ! -e end ]; do sleep 0.1; done"""
            .formatted(place);
    Map<String, String> env = new HashMap<>(extra);
    env.put("HELD", command);
    String keys =
        String.join(
            ", ", steps.stream().map("{key: %s, command: 'eval \"$HELD\"'}"::formatted).toList());
    String build =
        coordinator.create(
            new BuildRequest("test", repository.toString(), "HEAD", branch, "A test", env),
            Pipeline.parse("p.yml", "steps: [" + keys + "]"));
    List<Held> held = steps.stream().map(step -> held(build, place.resolve(step))).toList();
    held.forEach(job -> running.add(job.end()));
    return held;
  }

  private static Held held(String build, Path place) {
    String variables =
        Poll.until(
            "the job in " + place,
            Duration.ofSeconds(60),
            () ->
                Files.exists(place.resolve("env"))
                    ? Optional.of(Files.readString(place.resolve("env")))
                    : Optional.empty());
    Map<String, String> all = new HashMap<>();
    for (String each : List.of(variables.split("\0"))) {
      all.put(each.substring(0, each.indexOf('=')), each.substring(each.indexOf('=') + 1));
    }
    return new Held(build, all, place.resolve("end"));
  }

  /// Lets all jobs end that still run, so that a test that failed keeps no agent from the next.
  public void releaseAll() throws Exception {
    for (Path end : running) {
      Files.createFile(end);
    }
    running.clear();
  }

  /// Lets all jobs of a build pass.
  public void release(Held... held) throws Exception {
    for (Held job : held) {
      Files.createFile(job.end());
      running.remove(job.end());
    }
    Poll.until(
        "the build's end",
        Duration.ofSeconds(60),
        () -> Optional.of(coordinator.build(held[0].build())).filter(b -> b.ended()));
  }

  @Override
  public void close() {
    Processes.killTree(agent.toHandle());
    agent.onExit().join();
    coordinator.close();
  }
}
