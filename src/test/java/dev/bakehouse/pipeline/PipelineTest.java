package dev.bakehouse.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
            new RetryRule(List.of("1", "2"), List.of("*"), List.of("*"), 3),
            new RetryRule(List.of("-1"), List.of("*"), List.of("none"), 2));
    assertThat(cpp.softFail()).isEqualTo(new SoftFail(false, List.of("1")));
    assertThat(cpp.timeout()).contains(Duration.ofMinutes(30));
    assertThat(cpp.priority()).contains(2);
    assertThat(cpp.manualRetry()).isEqualTo(new ManualRetry(true, true, Optional.empty()));
    assertThat(Step.parse(cpp.source())).isEqualTo(cpp);
    assertThat(((WaitStep) pipeline.steps().get(1)).continueOnFailure()).isTrue();
    GroupStep group = (GroupStep) pipeline.steps().get(2);
    assertThat(((CommandStep) group.steps().getFirst()).dependsOn())
        .contains(List.of(new Dependency("cpp", false), new Dependency("tests2", true)));
    assertThat(pipeline.steps().get(3).base().skip()).contains("true");
  }

  @Test
  void everyKindOfStepIsReadBackAsItWas() {
    Pipeline pipeline =
        Pipeline.parse(
            "p.yml",
            """
            steps:
              - {block: Release?, key: b, prompt: Sure?, blocked_state: running, branches: "main v*",
                 fields: [{text: Name, key: name, default: x, required: false, format: "[a-z]+"},
                          {select: Where, key: where, multiple: true, default: [a, b],
                           options: [{label: A, value: a}, {label: B, value: b}]}]}
              - {input: Who?, allowed_teams: [t], fields: [{text: ~, key: who, hint: h}]}
              - {trigger: deploy, label: D, async: true, soft_fail: true, parallelism: 2, if: 'build.branch == "main"',
                 build: {branch: b, commit: c, message: m, env: {A: 1}, meta_data: {v: 1.10}}}
              - {wait: ~, key: w, depends_on: b, if: "true"}
              - {group: ~, label: G, skip: later, steps: [block, {command: x, matrix: {setup: {os: [a, b]}}}]}
              - {command: y, concurrency: 2, concurrency_group: g, concurrency_method: eager,
                 cancel_on_build_failing: true, plugins: {a#v1: {x: 1}}, agent_query_rules: ["a=b"]}
            """);
    for (Step step : pipeline.steps()) {
      Step back = Step.parse(step.source());
      assertThat(back instanceof GroupStep g ? g.with(((GroupStep) step).steps()) : back)
          .isEqualTo(step);
    }
    InputStep block = (InputStep) pipeline.steps().getFirst();
    assertThat(block.values(Map.of("name", "ab\r\n")))
        .isEqualTo(Map.of("name", "ab", "where", "a\nb"));
    assertThatThrownBy(() -> block.values(Map.of("name", "AB")))
        .hasMessageContaining("`name` (Name) can not be `AB`");
    assertThatThrownBy(() -> block.values(Map.of("where", "c")))
        .hasMessageContaining("`where` (Where) can not be `c`");
    assertThatThrownBy(() -> block.values(Map.of("nme", "ab")))
        .hasMessageContaining("no field `nme`");
    InputStep input = (InputStep) pipeline.steps().get(1);
    assertThat(input.block()).isFalse();
    assertThatThrownBy(() -> input.values(Map.of()))
        .hasMessageContaining("`who` (who) has no value");
    TriggerStep trigger = (TriggerStep) pipeline.steps().get(2);
    assertThat(trigger.metaData()).isEqualTo(Map.of("v", "1.10"));
    CommandStep last = (CommandStep) pipeline.steps().getLast();
    assertThat(last.concurrency()).contains(new Concurrency("g", 2, true));
    assertThat(last.plugins()).contains("[{\"a#v1\":{\"x\":1}}]");
    assertThat(last.agents()).isEqualTo(Map.of("a", "b"));
  }

  @Test
  void aMatrixIsMultipliedOutAndAdjusted() {
    CommandStep step =
        (CommandStep)
            Pipeline.parse(
                    "p",
                    """
                    steps: [{command: "x", matrix: {setup: {os: [a, b], n: [1, 2]}, adjustments: [
                      {with: {os: a, n: 1}, skip: no}, {with: {os: b, n: 2}, soft_fail: [{exit_status: 3}]},
                      {with: {os: c, n: 3}}]}}]
                    """)
                .steps()
                .getFirst();
    assertThat(step.matrix().stream().map(c -> c.values() + c.skip().orElse("")))
        .containsExactly(
            "{os=a, n=1}no", "{os=a, n=2}", "{os=b, n=1}", "{os=b, n=2}", "{os=c, n=3}");
    assertThat(step.softFail(Map.of("n", "2", "os", "b")).covers("3")).isTrue();
    assertThat(step.softFail(Map.of("n", "1", "os", "b")).covers("3")).isFalse();
    assertThat(
            Combination.fill(
                "{{matrix.os}} {{ matrix.n }} {{matrix}}", Map.of("os", "$1", "n", "2")))
        .isEqualTo("$1 2 {{matrix}}");
    assertThat(Combination.fill("-{{matrix}}-", Map.of("", "v"))).isEqualTo("-v-");
  }

  @Test
  void branchesAreNamesWithStars() {
    assertThat(
            new BranchPattern("main features/*").covers("features/a/b", new SafePattern.Budget()))
        .isTrue();
    assertThat(new BranchPattern("main features/*").covers("mains", new SafePattern.Budget()))
        .isFalse();
    assertThat(new BranchPattern("!production").covers("main", new SafePattern.Budget())).isTrue();
    assertThat(
            new BranchPattern("stages/* !stages/production")
                .covers("stages/production", new SafePattern.Budget()))
        .isFalse();
    assertThat(new BranchPattern("v*.0").covers("v1.0", new SafePattern.Budget())).isTrue();
    assertThat(new BranchPattern("v*.0").covers("v1.1", new SafePattern.Budget())).isFalse();
  }

  @Test
  void retryRulesCompareSignalsWithoutCaseAndPrefix() {
    RetryRule rule = new RetryRule(List.of("*"), List.of("sigkill"), List.of("none", "cancel"), 1);
    assertThat(rule.covers("-1", "KILL", "cancel")).isTrue();
    assertThat(rule.covers("-1", "SIGTERM", "cancel")).isFalse();
    assertThat(rule.covers("-1", "SIGKILL", "agent_stop")).isFalse();
    assertThat(new RetryRule(List.of("1"), List.of("none"), List.of("*"), 1).covers("1", "", ""))
        .isTrue();
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
          steps: [{command: a, kee: b}]              | step 1 has the unknown key `kee`
          steps: [{command: a, key: k, matrix: []}]  | `matrix` of step 1 (k) must have
          steps: [{command: a, matrix: {setup: {os: [a]}, adjustments: [{with: {o: b}}]}}] | a value for each dimension: os
          steps: [{command: a, matrix: [1], parallelism: 2}] | `parallelism` of step 1 can not stand beside `matrix`
          steps: [{command: a, if: 'x'}]             | `if` of step 1 asks for `x`, which is no variable
          steps: [{command: a, if: 'true', branches: main}] | can not stand beside `branches`
          steps: [{command: a, concurrency: 1}]      | `concurrency` of step 1 must stand beside
          steps: [{command: a, secrets: [S]}]        | `secrets` of step 1 is not supported
          steps: [{block: a, blocked_state: ok}]     | `blocked_state` of step 1 (block) must be
          steps: [{block: a, fields: [{text: a}]}]   | p.yml: `key` of `fields` of step 1 (block) is missing
          steps: [{input: a, fields: [{text: a, key: a, format: "["}]}] | no regular expression
          steps: [{trigger: a, build: {brnch: x}}]   | p.yml: `build` of step 1 (trigger) has the unknown key `brnch`
          env: 3                                     | `env` of p.yml must hold names and values
          steps: [{command: a, label: [b]}]          | p.yml: `label` of step 1
          steps: [{command: a, key: k, depends_on: l}, wait, {command: b, key: l}] | wait for each other
          steps: [{command: a, depends_on: b}]       | depends on `b`, which is no step's key
          steps: [{command: a, key: k}, {command: b, key: k}] | the key `k` twice
          steps: [{command: a, key: k, depends_on: l}, {command: b, key: l, depends_on: k}] | k → l → k
          steps: [{group: g, key: g, steps: [{command: a, depends_on: g, key: a}]}] | wait for each other
          steps: [{group: g, steps: [{group: h, steps: []}]}] | a group inside a group
          steps: [{command: a, parallelism: 0}]      | whole number from 1
          steps: [{command: a, timeout_in_minutes: x}] | must be a number above 0
          steps: [{command: a, soft_fail: maybe}]    | must be true or false
          steps: [{nothing: 1}]                      | p.yml: Step 1 is of no known kind
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
    Pipeline pipeline =
        Pipeline.parse(
            "p",
            "notify: []\ncommon: x\nsteps: [{command: a, notify: [], plugins: [], type: script,"
                + " priority: 1}]");
    assertThat(pipeline.unused()).containsExactly("notify", "common");
  }
}
