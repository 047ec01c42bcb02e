package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.buildkite.AnnotationInfo;
import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.BuildQuery;
import dev.bakehouse.buildkite.JobInfo;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.coordinator.LogText;
import dev.bakehouse.platform.Command;
import dev.bakehouse.tests.TestTimes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Tests of a step in three VMs: by name at first, then by the times of the build before, where one
/// is flaky and one always fails.
@Tag("vm")
@Tag("agent")
@ExtendWith(JobFixture.Extension.class)
class JobTestsTest {
  /// Claims to take long; `e` fails where `SHAKY` is set, but only once; so does `f` where `BAD`
  /// is, and always.
  private static final String STEPS =
      """
      steps:
        - key: shards
          command: |
            cat >runner <<'END'
            mkdir -p out
            echo "runs: $*."
            bad=0
            for test; do
              case $test in a) t=60 ;; d | e) t=20 ;; f) t=30 ;; *) t=10 ;; esac
              failure=
              [ "$test$SHAKY" != e1 ] || [ -e seen ] || failure='<failure/>'
              [ "$test$BAD" != f1 ] || failure='<failure/>'
              [ -z "$failure" ] || bad=1
              echo "<testsuite><testcase name='one' classname='$test' time='$t'>$failure</testcase></testsuite>" >out/$test.xml
            done
            : >seen
            exit $bad
            END
            for test in a b c d e f; do echo $test; done | bakehouse-shard run sh runner
          parallelism: 3
          agents: {queue: vm}
          env: {BAKEHOUSE_TEST_RESULTS: 'out/*.xml', BAKEHOUSE_TEST_RETRIES: 1, SHAKY: %s, BAD: %s}
      """;

  /// Another job decides on other times, once this one has read its own.
  private static final String RACE =
      """
        - key: race
          command: buildkite-agent meta-data set bakehouse:test-times:race '%s'
          agents: {queue: vm}
          env: {BAKEHOUSE_TEST_RESULTS: 'none', BUILDKITE_PARALLEL_JOB: 0, BUILDKITE_PARALLEL_JOB_COUNT: 2}
          soft_fail: true
      """;

  private record Ended(BuildInfo build, List<String> logs, List<AnnotationInfo> notes) {}

  private static Ended run(JobFixture fixture, String steps) {
    fixture.runPipeline("main", Map.of(), steps);
    RestClient client =
        RestClient.of(
            fixture.coordinator().address().resolve("/v2"),
            "bakehouse",
            fixture.coordinator().apiToken());
    BuildInfo build =
        client.builds("test", new BuildQuery(null, (String) null, null, 1)).getFirst();
    List<String> logs = new ArrayList<>();
    for (JobInfo job : build.jobs()) {
      byte[] log = new LogText().filter(fixture.coordinator().log(job.id()));
      logs.add(new String(log, StandardCharsets.UTF_8));
    }
    return new Ended(build, logs, client.annotations("test", build.number()));
  }

  @Test
  void shardsAreBalancedAndFlakyTestsListed(JobFixture fixture) {
    String other = new TestTimes(Map.of("x", 1)).packed();
    Ended first = run(fixture, STEPS.formatted(0, 0) + RACE.formatted(other));
    assertThat(first.build().state()).as("%s", first.logs()).isEqualTo("passed");
    assertThat(first.logs().get(0)).contains("runs: a d.");
    assertThat(first.logs().get(1)).contains("runs: b e.");
    assertThat(first.logs().get(2)).contains("runs: c f.");
    assertThat(first.logs().get(3)).contains("decided on other times at the same moment");
    assertThat(first.build().jobs().get(3).exitStatus()).isEqualTo(125);
    assertThat(first.notes()).noneMatch(note -> note.context().contains("flaky"));

    Ended second = run(fixture, STEPS.formatted(1, 1));
    int number = second.build().number();
    assertThat(second.build().state()).isEqualTo("failed");
    assertThat(second.logs().get(0)).contains("runs: a.");
    assertThat(second.logs().get(1)).contains("runs: b c f.", "runs: f.", "failed 2 f one");
    assertThat(second.logs().get(2))
        .contains("runs: d e.", "1 of 2 tests failed; they run again (1 of 1)", "runs: e.")
        .contains("Tests: flaky: e one");
    assertThat(second.build().jobs()).extracting(JobInfo::exitStatus).containsExactly(0, 1, 0);
    assertThat(second.logs())
        .anyMatch(log -> log.contains("divided by the times of build " + first.build().number()));
    String row =
        "<td>e › one</td>|<td>shards</td>|<td>2</td>|<td>1 of 2 runs</td>|<td>build " + number;
    assertThat(second.notes())
        .filteredOn(note -> note.context().equals("bakehouse-flaky-tests"))
        .singleElement()
        .satisfies(note -> assertThat(plain(note.bodyHtml())).contains(row));
    assertThat(flaky(fixture))
        .contains("   1 of    2 runs, builds %1$d to %1$d, shard 2 of shards: e".formatted(number))
        .doesNotContain(": f");
  }

  /// Cells beside each other, without their looks.
  private static String plain(String html) {
    return html.replaceAll("</?code>| align=\"[a-z]+\"", "").replace("</td>\n", "</td>|");
  }

  private static String flaky(JobFixture fixture) {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    return Command.of(java.toString(), "-cp", System.getProperty("java.class.path"))
        .and("dev.bakehouse.cli.Main", "tests", "flaky", "--pipeline", "test", "--branch", "main")
        .and("--address", fixture.coordinator().address() + "/v2")
        .and("--token-file", fixture.coordinator().apiToken().toString())
        .check()
        .text();
  }
}
