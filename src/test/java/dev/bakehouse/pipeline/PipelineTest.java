package dev.bakehouse.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PipelineTest {
  @Test
  void everySupportedKeyIsRead() {
    Pipeline pipeline =
        Pipeline.parse(
            "p.yml",
            """
            env: {LINK: ON, VERSION: 24.10, YES: true, NOTHING: ~}
            agents: ["queue=darwin", "os=macos"]
            steps:
              - label: ":hammer: cpp"
                key: cpp
                commands: [a, b]
                depends_on: ~
                agents: {queue: linux}
                parallelism: 3
                env: {N: 1}
                artifact_paths: "a/*;b"
                retry: {manual: {permit_on_passed: true}, automatic: [{exit_status: [1, 2], limit: 3}, {exit_status: -1, signal_reason: none}]}
                soft_fail: [{exit_status: 1}]
                timeout_in_minutes: 30
                priority: 2
              - wait: ~
                continue_on_failure: true
              - group: Tests
                key: tests
                steps: [{command: t, depends_on: [cpp, {step: tests2, allow_failure: true}]}]
              - {command: x, identifier: tests2, artifact_paths: [c, d], skip: true}
            """);
    assertThat(pipeline.env())
        .isEqualTo(Map.of("LINK", "ON", "VERSION", "24.10", "YES", "true", "NOTHING", ""));
    assertThat(pipeline.agents()).isEqualTo(Map.of("queue", "darwin", "os", "macos"));
    CommandStep cpp = (CommandStep) pipeline.steps().getFirst();
    assertThat(cpp.command()).isEqualTo("a\nb");
    assertThat(cpp.dependsOn()).contains(List.of());
    assertThat(cpp.parallelism()).contains(3);
    assertThat(cpp.env()).isEqualTo(Map.of("N", "1"));
    assertThat(cpp.artifactPaths()).containsExactly("a/*", "b");
    assertThat(cpp.retries())
        .containsExactly(
            new RetryRule(List.of("1", "2"), "*", 3), new RetryRule(List.of("-1"), "none", 2));
    assertThat(cpp.softFail()).isEqualTo(new SoftFail(false, List.of("1")));
    assertThat(cpp.timeout()).contains(Duration.ofMinutes(30));
    assertThat(cpp.priority()).isEqualTo(2);
    assertThat(CommandStep.parse(cpp.source())).isEqualTo(cpp);
    assertThat(((WaitStep) pipeline.steps().get(1)).continueOnFailure()).isTrue();
    GroupStep group = (GroupStep) pipeline.steps().get(2);
    assertThat(((CommandStep) group.steps().getFirst()).dependsOn())
        .contains(List.of(new Dependency("cpp", false), new Dependency("tests2", true)));
    assertThat(((CommandStep) pipeline.steps().get(3)).skip()).isTrue();
  }

  @Test
  void aliasesAndMergesAreResolved() {
    Pipeline pipeline =
        Pipeline.parse(
            "p",
            "base: &b {A: 1, B: 2}\nsteps: [{command: x, env: {<<: *b, B: 3}}]"
                .replace("base: &b", "env: &b"));
    assertThat(((CommandStep) pipeline.steps().getFirst()).env())
        .isEqualTo(Map.of("A", "1", "B", "3"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          steps: [{command: a}, {command: b}, {block: ok}] | not supported by the embedded coordinator yet: block (step 3)
          steps: [wait, {trigger: x}]                | trigger (step 2)
          steps: [{input: x}]                        | input (step 1)
          steps: [block]                             | block (step 1)
          steps: [{command: a, kee: b}]              | step 1 has the unknown key `kee`
          steps: [{command: a, key: k, matrix: [1]}] | `matrix` of step 1 (k) is not supported
          steps: [{command: a, if: 'x'}]             | `if` of step 1
          steps: [{command: a, concurrency: 1}]      | `concurrency` of step 1
          steps: [{command: a, plugins: [{x: ~}]}]   | `plugins` of step 1
          steps: [{command: a, depends_on: b}]       | depends on `b`, which is no step's key
          steps: [{command: a, key: k}, {command: b, key: k}] | the key `k` twice
          steps: [{command: a, key: k, depends_on: l}, {command: b, key: l, depends_on: k}] | k → l → k
          steps: [{group: g, key: g, steps: [{command: a, depends_on: g, key: a}]}] | wait for each other
          steps: [{group: g, steps: [{group: h, steps: []}]}] | a group inside a group
          steps: [{command: a, parallelism: 0}]      | whole number from 1
          steps: [{command: a, timeout_in_minutes: x}] | must be a number above 0
          steps: [{command: a, soft_fail: maybe}]    | must be true or false
          steps: [{nothing: 1}]                      | of no known kind
          steps: []                                  | has no steps
          stepz: []                                  | no list of steps
          'steps: [{command: a'                      | p.yml:1
          """)
  void whatCanNotRunIsSaid(String yaml, String message) {
    assertThatThrownBy(() -> Pipeline.parse("p.yml", yaml))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(message);
  }

  @Test
  void harmlessKeysAreAccepted() {
    Pipeline.parse(
        "p",
        "notify: []\nsteps: [{command: a, notify: [], plugins: [], type: script, priority: 1}]");
  }
}
