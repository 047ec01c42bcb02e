package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.buildkite.ArtifactInfo;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The coordinator is killed again and again while real agents work: the build must come to what it
/// would have come to, with everything there once.
///
/// `-Dbakehouse.kills=50 -Dbakehouse.seed=7` for a longer run or another one.
@Tag("agent")
class KilledCoordinatorTest {
  private static final int AGENTS = 4;

  @TempDir Path dir;

  @Test
  void nothingIsLostOrDoubledHoweverOftenItIsKilled() throws Exception {
    int kills = Integer.getInteger("bakehouse.kills", 6);
    long seed = Long.getLong("bakehouse.seed", 1);
    int jobs = kills * 2;
    Path state = dir.resolve("state");
    Path script = script();
    String id;
    try (Coordinator coordinator = Coordinator.start(Config.of(0, state))) {
      id =
          coordinator.create(
              new BuildRequest("test", "none", "HEAD", "main", "", Map.of()),
              Pipeline.parse("p", pipeline(jobs)));
    }
    CoordinatorProcess server = new CoordinatorProcess(state);
    List<Process> agents = new ArrayList<>();
    Random random = new Random(seed);
    int during = 0;
    try {
      String token = Files.readString(state.resolve("tokens/registration")).strip();
      for (int i = 0; i < AGENTS; i++) {
        agents.add(
            Bench.agent(
                dir,
                server.address() + "/v3",
                token,
                "agent-" + i,
                List.of("--bootstrap-script", script.toString())));
      }
      for (int kill = 0; kill < kills; kill++) {
        server.awaitMoment(random);
        during += server.rest().build("test", 1).ended() ? 0 : 1;
        server.kill();
        server.start();
      }
      CoordinatorProcess last = server;
      Poll.until(
          "the build's end",
          Duration.ofSeconds(150),
          () -> Optional.of(true).filter(t -> last.rest().build("test", 1).ended()));
      assertThat(agents).as("agents come back by themselves").allMatch(Process::isAlive);
      RestClient rest = server.rest();
      List<String> contents = new ArrayList<>();
      for (ArtifactInfo artifact : rest.artifacts("test", 1)) {
        rest.download(artifact, dir.resolve("got"));
        contents.add(artifact.path() + "=" + Files.readString(dir.resolve("got")));
      }
      assertThat(contents)
          .containsExactlyInAnyOrderElementsOf(expected(jobs, "out/%s=content of %s"));
    } finally {
      agents.forEach(agent -> Processes.killTree(agent.toHandle()));
      server.kill();
    }
    assertThat(during).as("kills that hit the build, seed " + seed).isGreaterThan(kills * 3 / 4);
    try (Coordinator coordinator = Coordinator.start(Config.of(0, state))) {
      check(coordinator, coordinator.build(id), jobs);
    }
  }

  /// Jobs that stand beside each other, one that fails softly, and one behind them that adds
  /// another.
  private static String pipeline(int jobs) {
    StringBuilder yaml = new StringBuilder("steps:\n");
    for (int i = 0; i < jobs; i++) {
      yaml.append("  - {key: job-").append(i).append(", command: work}\n");
    }
    return yaml
        + "  - {key: soft, command: soft, soft_fail: [{exit_status: 3}]}\n"
        + "  - wait\n"
        + "  - {key: upload, command: upload}\n";
  }

  private static List<String> expected(int jobs, String pattern) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < jobs; i++) {
      all.add(pattern.replace("%s", "job-" + i));
    }
    return all;
  }

  private static void check(Coordinator coordinator, BuildView build, int jobs) {
    Map<String, String> ends = new TreeMap<>();
    for (JobView job : build.jobs()) {
      String before = ends.put(String.valueOf(job.key()), job.state().wire() + job.exitStatus());
      assertThat(before).as("%s ran twice: %s", job.key(), build).isNull();
    }
    Map<String, String> wanted = new TreeMap<>();
    expected(jobs, "%s").forEach(key -> wanted.put(key, "passed0"));
    wanted.putAll(Map.of("soft", "failed3", "upload", "passed0", "added", "passed0"));
    assertThat(ends).isEqualTo(wanted);
    assertThat(build.state()).isEqualTo("passed");
    Map<String, String> data = new TreeMap<>();
    expected(jobs, "%s").forEach(key -> data.put(key, "value of " + key));
    assertThat(build.metaData()).isEqualTo(data);
    for (JobView job : build.jobs()) {
      String log =
          new String(new LogText().filter(coordinator.log(job.id())), StandardCharsets.UTF_8);
      List<String> lines = new ArrayList<>(List.of("begin " + job.key()));
      for (int i = 1; i <= 8; i++) {
        lines.add("line " + job.key() + " " + i);
      }
      lines.add("end " + job.key());
      assertThat(log.lines().map(String::strip).filter(l -> l.matches("(begin|line|end) .*")))
          .as("the log of %s", job.key())
          .containsExactlyElementsOf(lines);
    }
  }

  /// What stands in for a job's bootstrap: it needs no checkout.
  private Path script() throws Exception {
    Path script = dir.resolve("bootstrap.sh");
    Files.writeString(
        script,
        """
        #!/bin/bash
        set -eu
        key=$BUILDKITE_STEP_KEY
        agent=$BUILDKITE_BIN_PATH/buildkite-agent
        cd "$(mktemp -d "$0.XXXXXX")"
        echo "begin $key"
        for i in 1 2 3 4 5 6 7 8; do echo "line $key $i"; sleep 0.1; done
        case $BUILDKITE_COMMAND in
          work)
            mkdir out
            printf 'content of %s' "$key" >"out/$key"
            "$agent" meta-data set "$key" "value of $key" >/dev/null 2>&1
            "$agent" artifact upload "out/$key" >/dev/null 2>&1 ;;
          upload) echo '{"steps":[{"key":"added","command":"added"}]}' | "$agent" pipeline upload >/dev/null 2>&1 ;;
        esac
        echo "end $key"
        [ "$BUILDKITE_COMMAND" != soft ] || exit 3
        """);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return script;
  }

  /// The coordinator as a process of its own, always on the same port.
  private static final class CoordinatorProcess {
    private final Path state;
    private Process process;
    private URI address;

    CoordinatorProcess(Path state) throws Exception {
      this.state = state;
      this.process = CrashTest.serve(state, 0);
      this.address = CrashTest.address(state);
    }

    URI address() {
      return address;
    }

    RestClient rest() {
      return RestClient.of(URI.create(address + "/v2"), "bakehouse", state.resolve("tokens/api"));
    }

    /// Until some more has been written, and a little longer: agents rest between their calls, and
    /// moments at which nothing happens would prove nothing.
    void awaitMoment(Random random) throws Exception {
      try (WatchService watch = state.getFileSystem().newWatchService()) {
        state.register(watch, StandardWatchEventKinds.ENTRY_MODIFY);
        for (int writes = 1 + random.nextInt(12); writes > 0; writes--) {
          WatchKey key = watch.poll(6, TimeUnit.SECONDS);
          if (key == null) {
            return;
          }
          key.pollEvents();
          key.reset();
        }
        Thread.sleep(Duration.ofNanos(random.nextLong(30_000_000)));
      }
    }

    void kill() throws Exception {
      process.destroyForcibly().waitFor();
    }

    void start() throws Exception {
      Files.deleteIfExists(state.resolve("address"));
      process = CrashTest.serve(state, address.getPort());
      address = CrashTest.address(state);
    }
  }
}
