package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Keys of command steps that make and move their jobs, with real agents.
@Tag("agent")
class JobKeysTest {
  @TempDir Path dir;

  private static List<String> inOrder(BuildView build) {
    return build.jobs().stream()
        .sorted(Comparator.comparing(job -> job.started() == null ? 0L : job.started()))
        .map(job -> String.valueOf(job.key()))
        .toList();
  }

  @Test
  void aMatrixMakesAJobOfEachCombination() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("linux", "queue=linux", "size=7");
      bench.agent("mac", "queue=mac", "size=8");
      Path plugin = bench.repository.resolve("greet/hooks/pre-command");
      Files.createDirectories(plugin.getParent());
      Files.writeString(plugin, "#!/bin/bash\necho plugin says $BUILDKITE_PLUGIN_GREET_WORD\n");
      plugin.toFile().setExecutable(true);
      Command.of("git", "-C", bench.repository.toString(), "add", ".").check();
      Command.of("git", "-c", "user.name=T", "-c", "user.email=t@example.org")
          .and("-C", bench.repository.toString(), "commit", "-q", "-m", "Plugin")
          .check();
      BuildView build =
          bench.run(
              """
              steps:
                - key: m
                  label: "{{matrix.os}} with {{matrix.n}}"
                  command: "echo $BUILDKITE_LABEL on $BUILDKITE_AGENT_NAME $N; exit {{matrix.n}}"
                  agents: {queue: "{{matrix.os}}", size: "*"}
                  env: {N: "n-{{ matrix.n }}"}
                  plugins: [{./greet: {word: "{{matrix.os}}"}}]
                  matrix:
                    setup: {os: [linux, mac], n: [0, 4]}
                    adjustments:
                      - {with: {os: linux, n: 4}, skip: "No four"}
                      - {with: {os: mac, n: 4}, soft_fail: [{exit_status: 4}]}
                      - {with: {os: mac, n: 5}, soft_fail: true}
                - {key: list, command: "echo {{matrix}}-{{matrix}}", matrix: [a, b], agents: {queue: linux}}
                - {key: after, depends_on: m, command: "true", agents: {queue: mac}}
              """);
      assertThat(build.state()).as(bench.logs(build)).isEqualTo("passed");
      assertThat(build.jobs().stream().map(j -> j.matrix() + " " + j.state().wire()))
          .containsExactly(
              "{os=linux, n=0} passed",
              "{os=linux, n=4} skipped",
              "{os=mac, n=0} passed",
              "{os=mac, n=4} failed",
              "{os=mac, n=5} failed",
              "{=a} passed",
              "{=b} passed",
              "{} passed");
      assertThat(bench.log(build.jobs().get(2)))
          .contains("mac with 0 on mac n-0", "plugin says mac");
      assertThat(bench.log(build.jobs().get(6))).contains("b-b");
      assertThat(build.jobs().get(2).label()).isEqualTo("mac with 0");
    }
  }

  @Test
  void concurrencyGroupsKeepOrderUnlessEager() throws Exception {
    try (Bench bench = new Bench(dir)) {
      String gate =
          """
          steps:
            - {key: open, command: "true", concurrency_group: gate, concurrency: 1}
            - wait
            - {key: work, command: "sleep 1"}
            - wait
            - {key: close, command: "true", concurrency_group: gate, concurrency: 1}
          """;
      String first = bench.start(gate);
      String second = bench.start(gate);
      String third =
          bench.start(
              """
              steps:
                - {key: slow, command: "sleep 2"}
                - {key: held, depends_on: slow, command: "true", concurrency_group: o, concurrency: 1}
                - {key: behind, command: "true", concurrency_group: o, concurrency: 1}
                - {key: held-eager, depends_on: slow, command: "true", concurrency_group: e, concurrency: 1, concurrency_method: eager}
                - {key: free, command: "sleep 1", concurrency_group: e, concurrency: 1, concurrency_method: eager}
                - {key: freer, command: "true", concurrency_group: e, concurrency: 1, concurrency_method: eager, priority: 1}
                - {key: asks, depends_on: ask, command: "true", concurrency_group: b, concurrency: 1}
                - {key: unasked, command: "true", concurrency_group: b, concurrency: 1}
                - {input: x, key: ask}
                - {block: x}
                - {key: blocked, command: "true", concurrency_group: c, concurrency: 1}
                - {key: passes, depends_on: ~, command: "true", concurrency_group: c, concurrency: 1}
              """);
      assertThat(Bench.last(bench.coordinator.build(third), "behind").state())
          .isEqualTo(JobState.LIMITED);
      for (String name : List.of("one", "two", "three")) {
        bench.agent(name);
      }
      BuildView one = bench.await(first);
      BuildView two = bench.await(second);
      assertThat(StepOrderTest.started(two, "open"))
          .as("one build at a time in the gate")
          .isGreaterThanOrEqualTo(StepOrderTest.finished(one, "close"));
      bench.awaitJob(third, "behind", JobState.PASSED);
      bench.awaitJob(third, "passes", JobState.PASSED);
      bench.awaitJob(third, "held-eager", JobState.PASSED);
      BuildView build = bench.coordinator.build(third);
      assertThat(Bench.last(build, "unasked").state())
          .as("one that waits for other steps keeps its place")
          .isEqualTo(JobState.LIMITED);
      assertThat(StepOrderTest.started(build, "behind"))
          .isGreaterThanOrEqualTo(StepOrderTest.finished(build, "held"));
      assertThat(StepOrderTest.started(build, "freer"))
          .isLessThan(StepOrderTest.finished(build, "slow"));
      assertThat(StepOrderTest.finished(build, "freer"))
          .as("one at a time, by priority")
          .isLessThanOrEqualTo(StepOrderTest.started(build, "free"));
      bench.coordinator.cancel(third);
      bench.await(third);
    }
  }

  @Test
  void priorityOrdersWhatWaitsForAnAgent() throws Exception {
    try (Bench bench = new Bench(dir)) {
      String older = bench.start("steps: [{key: x, command: 'true'}]");
      String id =
          bench.start(
              """
              priority: 2
              steps:
                - {key: low, command: "true", priority: -1}
                - {key: default, command: "true"}
                - {key: high, command: "true", priority: 5}
              """);
      bench.agent("one");
      BuildView build = bench.await(id);
      assertThat(inOrder(build)).containsExactly("high", "default", "low");
      BuildView old = bench.await(older);
      assertThat(StepOrderTest.started(old, "x"))
          .isBetween(StepOrderTest.started(build, "default"), StepOrderTest.started(build, "low"));
    }
  }

  @Test
  void theFirstRetryRuleThatFitsDecides() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      bench.agent("two");
      BuildView build =
          bench.run(
              """
              steps:
                - {key: never, command: "exit 5",
                   retry: {automatic: [{exit_status: 5, limit: 0}, {exit_status: "*", limit: 3}]}}
                - {key: none, command: "exit 6",
                   retry: {automatic: [{exit_status: 6, signal: none, signal_reason: none, limit: 1}]}}
                - {key: machinery, command: "exit 125", retry: {automatic: {exit_status: 125, limit: 0}}}
                - {key: slow, command: "sleep 60", timeout: 0.05,
                   retry: {automatic: [{signal: kill}, {signal_reason: [agent_stop, cancel], limit: 1}]}}
              """);
      assertThat(
              build.jobs().stream()
                  .map(j -> j.key() + j.retryCount() + " " + j.state().wire())
                  .toList())
          .as(bench.logs(build))
          .containsExactly(
              "never0 failed",
              "none0 failed",
              "none1 failed",
              "machinery0 failed",
              "slow0 timed_out",
              "slow1 timed_out");
    }
  }

  /// By a client of our own: whether an agent's TERM finds the command's trap set is a matter of
  /// time.
  @Test
  void aJobThatEndsWellAfterItsTimeHasPassed() throws Exception {
    try (Bench bench = new Bench(dir)) {
      String id = bench.start("steps: [{key: clean, command: x, timeout_in_minutes: 0.001}]");
      HandClient client = HandClient.connected(bench.coordinator, "hand", "[]");
      JsonNode job = client.begin();
      bench.awaitJob(id, "clean", JobState.TIMING_OUT);
      client.finish(job, "0");
      assertThat(bench.await(id).state()).isEqualTo("passed");
    }
  }

  /// What depends on the job stands behind it in the group, so behind all its attempts.
  @Test
  void anotherAttemptHasThePlaceOfTheFirstInItsGroup() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      BuildView build =
          bench.run(
              """
              steps:
                - key: a
                  command: "exit $((1 - BUILDKITE_RETRY_COUNT))"
                  retry: {automatic: [{exit_status: 1, limit: 1}]}
                  concurrency: 1
                  concurrency_group: g
                - {key: b, command: "true", depends_on: a, concurrency: 1, concurrency_group: g}
              """);
      assertThat(build.state()).isEqualTo("passed");
      assertThat(inOrder(build)).containsExactly("a", "a", "b");
    }
  }
}
