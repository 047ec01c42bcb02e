package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which steps of a build run, and when: docs/steps.md, with a real agent.
@Tag("agent")
class StepOrderTest {
  @TempDir Path dir;

  static List<String> states(BuildView build) {
    return build.jobs().stream().map(j -> j.key() + " " + j.state().wire()).toList();
  }

  @Test
  void conditionsBranchesAndSkipLeaveStepsOut() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      BuildView build =
          bench.run(
              """
              env: {MODE: fast}
              steps:
                - {key: holds, command: "true", if: 'build.branch == "main" && build.env("MODE") == "fast" && build.env("OUTER") =~ /build/'}
                - {key: not, command: "exit 1", if: 'build.branch != "main"'}
                - {key: branch, command: "exit 1", branches: "v* !main"}
                - {key: skipped, command: "exit 1", skip: "Not today"}
                - {block: "Never", if: "false", key: unseen}
                - {group: G, if: 'build.message !~ /test/', key: g, steps: [{key: member, command: "exit 1"}]}
                - {group: H, skip: true, steps: [{key: idle, command: "exit 1"}]}
                - {wait: ~, branches: other}
                - {key: after, depends_on: [not, branch, skipped, unseen, g], command: "true"}
              """);
      assertThat(build.state()).as(bench.logs(build)).isEqualTo("passed");
      assertThat(states(build))
          .containsExactly(
              "holds passed",
              "not broken",
              "branch broken",
              "skipped skipped",
              "unseen broken",
              "member broken",
              "idle skipped",
              "after passed");
      assertThat(Bench.last(build, "skipped").reason()).isEqualTo("Not today");
      assertThat(Bench.last(build, "not").reason()).contains("build.branch != \"main\"");
      assertThat(bench.run("steps: [{command: a, skip: true}, wait, {command: b, if: 'false'}]"))
          .as("nothing of it is to run")
          .extracting(BuildView::state)
          .isEqualTo("not_run");
    }
  }

  @Test
  void waitsWithAndWithoutFailure() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      bench.agent("two");
      BuildView build =
          bench.run(
              """
              steps:
                - group: A wait that failed is not made up for by later ones
                  key: a
                  steps:
                    - {key: a1, command: "exit 1"}
                    - wait
                    - {key: a2, command: "true"}
                    - {wait: ~, continue_on_failure: true}
                    - {key: a3, command: "true"}
                - group: A failure goes on to fail the next plain wait
                  steps:
                    - {key: b1, command: "exit 1"}
                    - {wait: ~, continue_on_failure: true}
                    - {key: b2, command: "true"}
                    - wait
                    - {key: b3, command: "true"}
                - group: A wait beside a block is none
                  steps:
                    - {key: c1, command: "exit 1"}
                    - {wait: ~, continue_on_failure: true}
                    - {block: Go on?, key: c2}
                    - {key: c3, command: "true"}
                - group: A wait with depends_on
                  steps:
                    - {key: d1, command: "exit 1"}
                    - {key: d2, command: "true"}
                    - {wait: ~, depends_on: d2}
                    - {key: d3, command: "true"}
                - {key: e, depends_on: a, allow_dependency_failure: true, command: "true"}
              """);
      assertThat(states(build))
          .containsExactly(
              "a1 failed",
              "a2 waiting_failed",
              "a3 waiting_failed",
              "b1 failed",
              "b2 passed",
              "b3 waiting_failed",
              "c1 failed",
              "c2 blocked_failed",
              "c3 blocked_failed",
              "d1 failed",
              "d2 passed",
              "d3 passed",
              "e passed");
      assertThat(build.state()).isEqualTo("failed");
    }
  }

  @Test
  void aCancelledJobStopsAlsoWhatAllowsFailures() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      bench.agent("two");
      String cancel =
          "curl -fsS -H \"Authorization: Token $BUILDKITE_AGENT_ACCESS_TOKEN\" -d '{}'"
              + " $BUILDKITE_AGENT_ENDPOINT/steps/KEY/cancel";
      Path script =
          Files.writeString(
              dir.resolve("cancel.sh"),
              "sleep 1\n"
                  + cancel.replace("KEY", "slow")
                  + "\n"
                  + cancel.replace("KEY", "soft")
                  + "\n");
      BuildView build =
          bench.run(
              """
              steps:
                - {key: canceller, command: "sh SCRIPT"}
                - {key: slow, command: "sleep 60"}
                - {key: soft, depends_on: never, command: "true", soft_fail: true}
                - {key: never, depends_on: slow, command: "true"}
                - {key: anyway, depends_on: slow, allow_dependency_failure: true, command: "true"}
                - {key: forgiven, depends_on: soft, command: "true"}
                - {wait: ~, continue_on_failure: true}
                - {key: behind, command: "true"}
              """
                  .replace("SCRIPT", script.toString()));
      assertThat(states(build))
          .containsExactly(
              "canceller passed",
              "slow canceled",
              "soft canceled",
              "never waiting_failed",
              "anyway waiting_failed",
              "forgiven passed",
              "behind waiting_failed");
      assertThat(build.state()).isEqualTo("failed");
    }
  }

  @Test
  void aFailureCancelsWhatSaysSo() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      bench.agent("two");
      BuildView build =
          bench.run(
              """
              steps:
                - {key: soft, command: "exit 1", soft_fail: true}
                - {key: long, command: "sleep 60", cancel_on_build_failing: true}
                - {key: bad, depends_on: soft, command: "sleep 1; exit 1"}
                - {key: queued, depends_on: long, command: "true", cancel_on_build_failing: true}
                - {key: stays, depends_on: soft, command: "true"}
              """);
      assertThat(states(build))
          .containsExactly(
              "soft failed", "long canceled", "bad failed", "queued canceled", "stays passed");
      assertThat(build.state()).isEqualTo("failed");
    }
  }

  @Test
  void uploadedStepsWaitForTheirUploaderAndHoldUpWhatWaitsForIt() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      bench.agent("two");
      Path inner =
          Files.writeString(dir.resolve("inner.yml"), "steps: [{key: inner, command: 'sleep 1'}]");
      Path outer =
          Files.writeString(
              dir.resolve("outer.yml"),
              """
              steps:
                - {key: at-once, depends_on: ~, command: "true"}
                - {key: plain, command: "buildkite-agent pipeline upload INNER"}
                - {key: named, depends_on: up, command: "true"}
              """
                  .replace("INNER", inner.toString()));
      BuildView build =
          bench.run(
              """
              steps:
                - group: G
                  steps:
                    - {key: up, command: "buildkite-agent pipeline upload OUTER; sleep 3"}
                    - wait
                    - {key: in-group, command: "true"}
                - {key: depends, depends_on: up, command: "true"}
                - {key: free, command: "true"}
              """
                  .replace("OUTER", outer.toString()));
      assertThat(build.state()).as(bench.logs(build)).isEqualTo("passed");
      long end = finished(build, "up");
      assertThat(started(build, "at-once")).isLessThan(end);
      assertThat(started(build, "plain")).isGreaterThanOrEqualTo(end);
      assertThat(started(build, "named")).isGreaterThanOrEqualTo(end);
      assertThat(started(build, "depends")).isGreaterThanOrEqualTo(finished(build, "inner"));
      assertThat(started(build, "in-group")).isGreaterThanOrEqualTo(finished(build, "inner"));
      assertThat(started(build, "free")).isLessThan(finished(build, "inner"));
    }
  }

  @Test
  void anUploadThatWaitsForItselfEndsTheBuild() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      Path file =
          Files.writeString(
              dir.resolve("circle.yml"), "steps: [{key: inner, depends_on: b, command: a}]");
      BuildView build =
          bench.run(
              "steps: [{key: a, command: 'buildkite-agent pipeline upload "
                  + file
                  + "'}, {key: b, depends_on: a, command: 'true'}]");
      assertThat(states(build))
          .containsExactly("a passed", "inner waiting_failed", "b waiting_failed");
      assertThat(Bench.last(build, "b").reason()).contains("steps that wait for it");
    }
  }

  static long started(BuildView build, String key) {
    Long time = Bench.last(build, key).started();
    return time == null ? Long.MAX_VALUE : time;
  }

  static long finished(BuildView build, String key) {
    Long time = Bench.last(build, key).finished();
    return time == null ? Long.MAX_VALUE : time;
  }
}
