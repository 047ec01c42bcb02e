package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.buildkite.AnnotationInfo;
import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.BuildQuery;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.local.JobFixture.Result;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// `bakehouse performance compare` as a job's command that the host itself carries out.
@Tag("vm")
@Tag("agent")
@ExtendWith(JobFixture.Extension.class)
class PerformanceStepTest {
  /// Two shards measure, each something of its own and both `shared`; `P` is the shard. What the
  /// first attempt of one left does not count, nor what another step has.
  private static final String STEPS =
      """
      steps:
        - key: bench
          command: |
            printf '%%s' "$RESULT" | sed "s/P/$BUILDKITE_PARALLEL_JOB/" > benchmarks.json
            test $BUILDKITE_PARALLEL_JOB$BUILDKITE_RETRY_COUNT != 00 || echo nonsense > benchmarks.json
            grep -q name benchmarks.json
          parallelism: 2
          retry: {automatic: {limit: 1}}
          artifact_paths: benchmarks.json
          agents: {queue: plain}
          env: {RESULT: '%s'}
        - key: other
          command: 'echo nonsense > benchmarks.json'
          artifact_paths: benchmarks.json
          agents: {queue: plain}
        - key: compare
          command: bakehouse performance compare
          depends_on: [bench, other]
          agents: {queue: vm}
          env: {BAKEHOUSE_BENCHMARK_STEP: bench}
          soft_fail: [{exit_status: 1}]
      """;

  private static final String RESULT =
      "{\"benchmarks\":\n[{\"name\":\"only-P\",\"value\":7},\n{\"name\":\"shared\",\"value\":%s}]}";

  private record Ended(BuildInfo build, Result compare, Optional<AnnotationInfo> annotation) {}

  private static Ended run(JobFixture fixture, String value) {
    String steps = STEPS.formatted(RESULT.formatted(value).replace("\n", "\n\n            "));
    Map<String, Result> results = fixture.runPipeline("main", Map.of(), steps);
    RestClient client =
        RestClient.of(
            fixture.coordinator().address().resolve("/v2"),
            "bakehouse",
            fixture.coordinator().apiToken());
    BuildInfo build =
        client.builds("test", new BuildQuery(null, (String) null, null, 1)).getFirst();
    List<AnnotationInfo> notes = client.annotations("test", build.number());
    return new Ended(build, results.get("compare"), notes.stream().findFirst());
  }

  @Test
  void aRegressionIsAnnotatedAndFailsSoftly(JobFixture fixture) {
    Ended base = run(fixture, "100");
    assertThat(base.compare().status()).as(base.compare().log()).isEqualTo("0");
    assertThat(base.annotation().orElseThrow().style()).isEqualTo("info");
    assertThat(base.annotation().orElseThrow().bodyHtml())
        .contains(
            "<code>bench</code>, no passed build of <code>main</code> has benchmarks: nothing to compare with")
        .contains(
            "<td>new</td>\n<td><code>only-0</code></td>",
            "<td>new</td>\n<td><code>only-1</code></td>");

    Ended worse = run(fixture, "150");
    assertThat(worse.compare().status()).as(worse.compare().log()).isEqualTo("1");
    assertThat(worse.compare().job().softFailed()).isTrue();
    assertThat(worse.build().state()).isEqualTo("passed");
    AnnotationInfo note = worse.annotation().orElseThrow();
    assertThat(note.context()).isEqualTo("bakehouse-performance-compare");
    assertThat(note.style()).isEqualTo("warning");
    assertThat(note.bodyHtml())
        .contains("<code>bench</code>, 1 worse than in ", "build " + base.build().number())
        .contains(" of <code>main</code>")
        .contains(
            "<td><strong>worse</strong></td>\n<td><code>shared</code></td>\n<td align=\"right\">100 (100 – 100, 2)")
        .containsPattern("<td><code>only-0</code></td>\\s*<td[^>]*>7</td>\\s*<td[^>]*>7</td>")
        .contains("│████████████████████ +50.0 %");
    assertThat(worse.compare().log()).contains("| **worse** | `shared` |");

    Ended wrong = run(fixture, "many");
    assertThat(wrong.compare().status()).isEqualTo("2");
    assertThat(wrong.build().state()).isEqualTo("failed");
    assertThat(wrong.annotation()).isEmpty();
    assertThat(wrong.compare().log())
        .containsPattern("benchmarks\\.json of job [0-9a-f-]{36}:3: this is no JSON");
  }
}
