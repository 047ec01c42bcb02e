package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Agents and coordinators that die in the middle of a job.
@Tag("agent")
class CrashTest {
  @TempDir Path dir;

  @Test
  void theJobOfADeadAgentRunsOnAnother() throws Exception {
    Config config = Config.of(0, dir.resolve("state")).lostAfter(Duration.ofSeconds(5));
    try (Bench bench = new Bench(dir, config)) {
      Process first = bench.agent("first");
      String id =
          bench.start(
              "steps: [{key: job, command: 'test \"$BUILDKITE_RETRY_COUNT\" = 1 || sleep 60'}]");
      bench.awaitJob(id, "job", JobState.RUNNING);
      Processes.killTree(first.toHandle());
      bench.agent("second");
      BuildView build = bench.await(id);
      assertThat(build.state()).isEqualTo("passed");
      assertThat(build.jobs()).hasSize(2);
      JobView lost = build.jobs().getFirst();
      assertThat(lost.exitStatus()).isEqualTo("-1");
      assertThat(lost.signalReason()).isEqualTo("agent_lost");
      assertThat(lost.agent()).isEqualTo("first");
      assertThat(Bench.last(build, "job").agent()).isEqualTo("second");
    }
  }

  @Test
  void aKilledCoordinatorGoesOnWithoutLosingALine() throws Exception {
    Path state = dir.resolve("state");
    Path repository = Bench.repository(dir.resolve("repository"));
    String id;
    try (Coordinator coordinator = Coordinator.start(Config.of(0, state))) {
      id =
          coordinator.create(
              new BuildRequest("test", repository.toString(), "HEAD", "main", "", Map.of()),
              Pipeline.parse(
                  "p",
                  """
                  steps:
                    - key: count
                      command: "for i in $(seq 1 120); do echo line-$i-end; sleep 0.1; done"
                    - wait
                    - {key: after, command: "true"}
                  """));
    }
    Process server = serve(state, 0);
    Process agent = null;
    try {
      URI address = address(state);
      String token = Files.readString(state.resolve("tokens/registration")).strip();
      agent = Bench.agent(dir, address + "/v3", token, "one", java.util.List.of());
      Path log = state.resolve("logs");
      for (int kill = 1; kill <= 2; kill++) {
        long wanted = kill * 300L;
        Poll.until("log lines", Duration.ofSeconds(40), () -> grown(log, wanted));
        server.destroyForcibly().waitFor();
        Files.delete(state.resolve("address"));
        server = serve(state, address.getPort());
        address(state);
      }
      Process last = server;
      Poll.until(
          "the job's end", Duration.ofSeconds(60), () -> ended(state).filter(e -> last.isAlive()));
    } finally {
      if (agent != null) {
        Processes.killTree(agent.toHandle());
      }
      server.destroy();
      server.waitFor();
    }
    try (Coordinator coordinator = Coordinator.start(Config.of(0, state))) {
      BuildView build = coordinator.build(id);
      JobView count = Bench.last(build, "count");
      assertThat(build.state()).isEqualTo("passed");
      assertThat(build.jobs()).as("no job ran twice").hasSize(2);
      String log =
          new String(new LogText().filter(coordinator.log(count.id())), StandardCharsets.UTF_8);
      assertThat(log.lines().map(String::strip).filter(l -> l.matches("line-[0-9]+-end")))
          .hasSize(120)
          .startsWith("line-1-end")
          .endsWith("line-120-end");
    }
  }

  static Process serve(Path state, int port, String... flags) {
    return Command.of(
            ProcessHandle.current().info().command().orElseThrow(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1")
        .and(flags)
        .and(
            "-cp",
            System.getProperty("java.class.path"),
            "dev.bakehouse.cli.Main",
            "coordinator",
            "--port",
            String.valueOf(port),
            "--state",
            state.toString())
        .startInto(state.resolveSibling("coordinator.log"));
  }

  static URI address(Path state) {
    return Poll.until(
        "the coordinator's address",
        Duration.ofSeconds(30),
        () -> {
          Path file = state.resolve("address");
          return Files.exists(file)
              ? Optional.of(URI.create(Files.readString(file).strip()))
              : Optional.empty();
        });
  }

  private static Optional<Boolean> grown(Path logs, long size) throws Exception {
    try (var files = Files.list(logs)) {
      for (Path file : files.toList()) {
        if (Files.size(file) >= size * 10) {
          return Optional.of(true);
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Boolean> ended(Path state) {
    var rest =
        dev.bakehouse.buildkite.RestClient.of(
            URI.create(address(state) + "/v2"), "bakehouse", state.resolve("tokens/api"));
    return Optional.of(true).filter(t -> rest.build("test", 1).ended());
  }
}
