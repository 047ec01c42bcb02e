package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How jobs of a real agent end, and what follows from it.
@Tag("agent")
class OutcomesTest {
  @TempDir Path dir;

  @Test
  void exitStatusesAreKeptAsReported() throws Exception {
    Map<String, String> expected = new LinkedHashMap<>();
    expected.put("exit 0", "0");
    expected.put("exit 1", "1");
    expected.put("exit 7", "7");
    expected.put("exit 125", "125");
    expected.put("exit 127", "127");
    expected.put("exit 255", "255");
    // The agent's bootstrap makes 255 of every command that a signal ended.
    expected.put("kill -TERM $$", "255");
    expected.put("kill -KILL $$", "255");
    expected.put("kill -SEGV $$", "255");
    StringBuilder yaml = new StringBuilder("steps:\n");
    expected.forEach(
        (command, status) ->
            yaml.append("  - {key: '")
                .append(command)
                .append("', command: '")
                .append(command)
                .append("'}\n"));
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      bench.agent("two");
      BuildView build = bench.run(yaml.toString());
      Map<String, String> reported = new LinkedHashMap<>();
      expected
          .keySet()
          .forEach(k -> reported.put(k, String.valueOf(Bench.last(build, k).exitStatus())));
      assertThat(reported).isEqualTo(expected);
      assertThat(build.jobs().stream().filter(j -> "exit 125".equals(j.key())))
          .as("125 says the machinery failed: tried three times")
          .hasSize(3);
    }
  }

  @Test
  void failedJobsRunAgainAsOftenAsTheirRuleSays() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      BuildView build =
          bench.run(
              """
              steps:
                - {key: third, command: 'test "$BUILDKITE_RETRY_COUNT" = 2',
                   retry: {automatic: [{exit_status: 9, limit: 5}, {exit_status: "*", limit: 2}]}}
                - {key: limited, command: "exit 9", soft_fail: true,
                   retry: {automatic: {exit_status: 9, limit: 1}, manual: false}}
                - {key: none, command: "exit 9", soft_fail: true,
                   retry: {automatic: [{exit_status: 8}]}}
              """);
      assertThat(build.state()).isEqualTo("passed");
      assertThat(build.jobs().stream().map(j -> j.key() + j.retryCount() + j.retried()))
          .containsExactly(
              "third0true",
              "third1true",
              "third2false",
              "limited0true",
              "limited1false",
              "none0false");
    }
  }

  @Test
  void aJobThatTakesTooLongIsStopped() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      BuildView build =
          bench.run("steps: [{key: slow, command: 'sleep 60', timeout_in_minutes: 0.02}]");
      JobView slow = Bench.last(build, "slow");
      assertThat(slow.state()).isEqualTo(JobState.TIMED_OUT);
      assertThat(slow.signalReason()).isEqualTo("cancel");
      assertThat(slow.seconds()).isLessThan(20);
      assertThat(build.state()).isEqualTo("failed");
    }
  }

  @Test
  void aCancelledBuildStopsItsJobs() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      String id =
          bench.start("steps: [{key: slow, command: 'sleep 60'}, wait, {key: next, command: a}]");
      bench.awaitJob(id, "slow", JobState.RUNNING);
      bench.coordinator.cancel(id);
      BuildView build = bench.await(id);
      assertThat(build.state()).isEqualTo("canceled");
      assertThat(Bench.last(build, "slow").state()).isEqualTo(JobState.CANCELED);
      assertThat(Bench.last(build, "slow").seconds()).isLessThan(20);
      assertThat(Bench.last(build, "next").state()).isEqualTo(JobState.CANCELED);
      assertThat(bench.run("steps: [{command: 'true'}]").state())
          .as("the agent goes on working")
          .isEqualTo("passed");
    }
  }
}
