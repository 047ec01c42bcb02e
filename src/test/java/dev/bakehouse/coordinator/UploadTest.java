package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Pipelines uploaded by a real agent, and the order their steps run in.
@Tag("agent")
class UploadTest {
  @TempDir Path dir;

  private BuildView upload(Bench bench, String yaml, String options) throws Exception {
    Path file = Files.writeString(dir.resolve("uploaded.yml"), yaml);
    return bench.run(
        "steps: [{key: boot, command: \"buildkite-agent pipeline upload "
            + options
            + " "
            + file
            + "\"}, {key: after, command: \"true\"}]");
  }

  @Test
  void waitGroupDependsOnAndParallelism() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one", "queue=default", "os=linux");
      bench.agent("two", "queue=other");
      BuildView build =
          upload(
              bench,
              """
              env: {WHO: "${BUILDKITE_STEP_KEY}"}
              agents: {os: linux}
              steps:
                - {key: a, command: "echo who=$$WHO; sleep 1"}
                - {key: early, depends_on: ~, command: "true"}
                - group: G
                  key: g
                  depends_on: boot
                  steps:
                    - {key: in, parallelism: 2,
                       command: "echo part $$BUILDKITE_PARALLEL_JOB/$$BUILDKITE_PARALLEL_JOB_COUNT"}
                - wait
                - {key: last, agents: ["queue=other"], command: "echo $$BUILDKITE_AGENT_META_DATA_QUEUE"}
                - {key: ofgroup, depends_on: [{step: g}, a], command: "true"}
              """,
              "");
      assertThat(build.state()).as(bench.logs(build)).isEqualTo("passed");
      assertThat(build.jobs())
          .extracting(JobView::key)
          .containsExactly("boot", "a", "early", "in", "in", "last", "ofgroup", "after");
      assertThat(bench.log(Bench.last(build, "a"))).contains("who=boot");
      assertThat(build.jobs().stream().filter(j -> "in".equals(j.key())).map(bench::log))
          .anyMatch(l -> l.contains("part 0/2"))
          .anyMatch(l -> l.contains("part 1/2"));
      JobView last = Bench.last(build, "last");
      assertThat(last.agent()).isEqualTo("two");
      assertThat(bench.log(last)).contains("other");
      assertThat(last.started()).isGreaterThanOrEqualTo(Bench.last(build, "a").finished());
    }
  }

  @Test
  void failuresReachOnlyWhatDependsOnThem() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      BuildView build =
          bench.run(
              """
              steps:
                - {key: bad, command: "exit 3"}
                - {key: soft, command: "exit 4", soft_fail: [{exit_status: 4}]}
                - {key: needs, depends_on: bad, command: "true"}
                - {key: chain, depends_on: needs, command: "true"}
                - {key: anyway, depends_on: [{step: bad, allow_failure: true}], command: "true"}
                - {key: allowed, depends_on: bad, allow_dependency_failure: true, command: "true"}
                - {key: afterSoft, depends_on: soft, command: "true"}
                - {wait: ~, continue_on_failure: true}
                - {key: clean, command: "true"}
                - wait
                - {key: never, command: "true"}
              """);
      assertThat(build.state()).isEqualTo("failed");
      assertThat(build.jobs().stream().map(j -> j.key() + " " + j.state().wire()))
          .containsExactly(
              "bad failed",
              "soft failed",
              "needs waiting_failed",
              "chain waiting_failed",
              "anyway passed",
              "allowed passed",
              "afterSoft passed",
              "clean passed",
              "never waiting_failed");
      assertThat(Bench.last(build, "soft").softFailed()).isTrue();
    }
  }

  @Test
  void aBadUploadFailsItsJobAndSaysWhy() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      BuildView build =
          upload(bench, "steps: [{command: a, depends_on: nowhere}, {command: b}]", "");
      assertThat(Bench.last(build, "boot").state()).isEqualTo(JobState.FAILED);
      assertThat(bench.log(Bench.last(build, "boot"))).contains("depends on `nowhere`");
      assertThat(build.jobs()).hasSize(2);
      BuildView secret = upload(bench, "steps: [{command: a}, {command: b, secrets: [S]}]", "");
      assertThat(bench.log(Bench.last(secret, "boot")))
          .contains("`secrets` of step 2 is not supported by the embedded coordinator yet");
      BuildView again = upload(bench, "steps: [{command: a, key: boot}]", "");
      assertThat(bench.log(Bench.last(again, "boot")))
          .contains("The build has a step with the key `boot` already")
          .doesNotContain("twice");
      BuildView wrong = upload(bench, "steps: [{command: a, if: 'build.brnch == 1'}]", "");
      assertThat(bench.log(Bench.last(wrong, "boot")))
          .contains("`if` of step 1 asks for `build.brnch`", "Did you mean `build.branch`?");
    }
  }

  @Test
  void replaceRemovesWhatHasNotBegun() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      BuildView build = upload(bench, "steps: [{key: instead, command: 'true'}]", "--replace");
      assertThat(build.jobs()).extracting(JobView::key).containsExactly("boot", "instead");
      assertThat(build.state()).isEqualTo("passed");
    }
  }
}
