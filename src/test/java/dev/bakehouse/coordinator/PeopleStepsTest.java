package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Poll;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Block and input steps, with a real agent.
@Tag("agent")
class PeopleStepsTest {
  @TempDir Path dir;

  private static BuildView blocked(Bench bench, String build, String key) {
    return Poll.until(
        "the block `" + key + "`",
        Duration.ofSeconds(30),
        () ->
            Optional.of(bench.coordinator.build(build))
                .filter(BuildView::blocked)
                .filter(view -> Bench.last(view, key).unblockable()));
  }

  @Test
  void answersBecomeMetaData() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      String id =
          bench.start(
              """
              steps:
                - {key: before, command: "true"}
                - block: Release?
                  key: gate
                  prompt: Fill this in
                  blocked_state: failed
                  allowed_teams: [deployers]
                  fields:
                    - {text: Name, key: name, format: "[a-z ]+"}
                    - {text: Note, key: note, required: false}
                    - {select: Where, key: where, multiple: true, default: [na, eu],
                       options: [{label: America, value: na}, {label: Europe, value: eu}, {label: Asia, value: as}]}
                - {key: after, command: "for k in name note where; do echo $$k=`buildkite-agent meta-data get $$k`; done; echo by=$$BUILDKITE_UNBLOCKER"}
                - {input: "Who?", key: ask, depends_on: before, fields: [{text: Who, key: who}]}
                - {key: answered, depends_on: ask, command: "buildkite-agent meta-data get who"}
                - wait
                - {key: last, command: "true"}
              """
                  .replace("$$", "$"));
      BuildView build = blocked(bench, id, "gate");
      assertThat(build.state()).as("what the block step says").isEqualTo("failed");
      assertThat(build.ended()).isFalse();
      assertThat(StepOrderTest.states(build))
          .containsExactly(
              "before passed",
              "gate blocked",
              "after blocked",
              "ask blocked",
              "answered waiting",
              "last blocked");
      String gate = Bench.last(build, "gate").id();
      String ask = Bench.last(build, "ask").id();
      assertThatThrownBy(() -> bench.coordinator.unblock(gate, Map.of(), "Carol"))
          .hasMessageContaining("The field `name` (Name) has no value");
      assertThatThrownBy(() -> bench.coordinator.unblock(gate, Map.of("name", "A1"), "Carol"))
          .hasMessageContaining("can not be `A1`");
      assertThatThrownBy(
              () -> bench.coordinator.unblock(Bench.last(build, "after").id(), Map.of(), "Carol"))
          .hasMessageContaining("cannot be unblocked");
      bench.coordinator.unblock(gate, Map.of("name", "flying dolphin"), "Carol");
      assertThatThrownBy(() -> bench.coordinator.unblock(gate, Map.of("name", "b"), "Carol"))
          .hasMessageContaining("unblocked already");
      BuildView input =
          Poll.until(
              "last",
              Duration.ofSeconds(30),
              () ->
                  Optional.of(bench.coordinator.build(id))
                      .filter(view -> Bench.last(view, "after").state().ended() && view.blocked()));
      assertThat(bench.log(Bench.last(input, "after")))
          .contains("name=flying dolphin", "where=na eu", "by=Carol")
          .containsPattern("note=\\s");
      assertThat(input.state()).isEqualTo("passed");
      bench.coordinator.unblock(ask, Map.of("who", "me"), "Dan");
      BuildView end = bench.await(id);
      assertThat(end.state()).as(bench.logs(end)).isEqualTo("passed");
      assertThat(Bench.last(end, "gate").state()).isEqualTo(JobState.UNBLOCKED);
      assertThat(Bench.last(end, "gate").unblocker()).isEqualTo("Carol");
      assertThat(bench.log(Bench.last(end, "answered"))).contains("me");
    }
  }

  @Test
  void aBlockCanBeCancelledReplacedAndUploaded() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      String id =
          bench.start(
              "steps: [{block: a, key: a}, {key: b, command: 'true'}, {key: c, depends_on: ~, command: 'true'}]");
      blocked(bench, id, "a");
      bench.coordinator.cancel(id);
      BuildView cancelled = bench.await(id);
      assertThat(cancelled.state()).isEqualTo("canceled");
      assertThat(StepOrderTest.states(cancelled))
          .containsExactly("a canceled", "b canceled", "c passed");
      Path file =
          Files.writeString(
              dir.resolve("more.yml"),
              "steps: [{block: sure, key: sure}, {key: new, command: 'true'}]");
      String next =
          bench.start(
              "steps: [{key: up, command: 'buildkite-agent pipeline upload --replace "
                  + file
                  + "'}, {block: x, key: x}, {input: y, key: y}, {trigger: z, key: z, depends_on: x}]");
      BuildView replaced = blocked(bench, next, "sure");
      assertThat(StepOrderTest.states(replaced))
          .containsExactly("up passed", "sure blocked", "new blocked");
      bench.coordinator.unblock(Bench.last(replaced, "sure").id(), Map.of(), "Carol");
      assertThat(bench.await(next).state()).isEqualTo("passed");
    }
  }

  @Test
  void triggersMakeBuildsOfOtherPipelines() throws Exception {
    try (Bench bench = new Bench(dir)) {
      String repository = bench.repository.toString();
      Command.of("git", "-C", repository, "branch", "trunk").check();
      Command.of("git", "-C", repository, "branch", "other").check();
      bench.coordinator.definePipeline(
          "good",
          repository,
          "trunk",
          """
          steps:
            - {key: says, command: "echo $BUILDKITE_SOURCE from $BUILDKITE_TRIGGERED_FROM_BUILD_PIPELINE_SLUG on $BUILDKITE_BRANCH: $BUILDKITE_MESSAGE; echo A=$A part $BUILDKITE_PARALLEL_JOB/$BUILDKITE_PARALLEL_JOB_COUNT; buildkite-agent meta-data get v",
               if: "build.source == 'trigger_job'"}
          """);
      bench.coordinator.definePipeline("bad", repository, "main", "steps: [{command: 'exit 1'}]");
      bench.coordinator.definePipeline(
          "asks", repository, "main", "steps: [{block: a}, {command: 'true'}]");
      bench.coordinator.definePipeline("self", repository, "main", "steps: [{trigger: self}]");
      bench.agent("one");
      BuildView build =
          bench.run(
              """
              steps:
                - {trigger: good, key: sync, label: Deploy, build: {env: {A: b}, meta_data: {v: 1.10}}}
                - {trigger: good, key: both, parallelism: 2, build: {branch: other, message: m, meta_data: {v: 2}}}
                - {trigger: bad, key: failing}
                - {trigger: bad, key: soft, soft_fail: true}
                - {trigger: bad, key: async, async: true}
                - {trigger: asks, key: asks}
                - {trigger: self, key: self}
                - {trigger: nowhere, key: nowhere}
                - {trigger: good, key: odd, build: {branch: "-x"}}
                - {trigger: good, key: not, if: "false"}
                - {key: after, depends_on: [sync, both, soft, async, asks], command: "true"}
                - {key: never, depends_on: failing, command: "true"}
              """);
      assertThat(StepOrderTest.states(build))
          .containsExactly(
              "sync passed",
              "both passed",
              "both passed",
              "failing failed",
              "soft failed",
              "async passed",
              "asks passed",
              "self failed",
              "nowhere failed",
              "odd failed",
              "not broken",
              "after passed",
              "never waiting_failed");
      assertThat(build.state()).isEqualTo("failed");
      assertThat(Bench.last(build, "odd").reason()).contains("`branch` can not be `-x`");
      assertThat(Bench.last(build, "nowhere").reason()).contains("knows no pipeline `nowhere`");
      BuildView made =
          bench.coordinator.build(
              Objects.requireNonNull(Bench.last(build, "sync").triggered()).id());
      assertThat(made.source()).isEqualTo("trigger_job");
      assertThat(bench.logs(made))
          .contains("trigger_job from test on trunk: Deploy", "A=b", "1.10");
      assertThat(
              bench.coordinator.builds("good").stream()
                  .map(bench::logs)
                  .filter(log -> log.contains("on other: m")))
          .anyMatch(log -> log.contains("part 0/2"))
          .anyMatch(log -> log.contains("part 1/2"));
    }
  }
}
