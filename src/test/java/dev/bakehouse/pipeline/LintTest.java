package dev.bakehouse.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.bakehouse.config.Yaml;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LintTest {
  private static final FleetConfig FLEET =
      FleetConfig.read(
          Yaml.parse(
              "bakehouse.yml",
              """
              pipeline:
                hosts:
                  mini-1: {queue: darwin, os: macos, arch: aarch64}
                  tux: {queue: linux, os: linux, arch: x64, size: [big, small]}
              """));

  private static List<Finding> lint(String text) {
    return Lint.check(WrittenPipeline.parse("p.yml", text), FLEET, Set.of("known"));
  }

  /// `|` stands for a line end; `T` for a time-out.
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "steps:|- {command: a, T, depends_on: b}; 2; dangling-dependency; no step's key",
        "steps:|- {command: a, T, key: build}|- {command: b, T, depends_on: biuld}; 3;"
            + " dangling-dependency; Did you mean `build`?",
        "steps:|- {command: a, T, key: k, depends_on: l}|- {command: b, T, key: l, depends_on: k};"
            + " 2; circular-dependency; k → l → k",
        "steps:|- {command: a, T, key: a, depends_on: c}|- wait|- {command: c, T, key: c}; 2;"
            + " circular-dependency; a → c → wait in line 3 → a",
        "steps:|- {group: g, key: g, steps: [{command: a, T, key: a, depends_on: g}]}; 2;"
            + " circular-dependency; g → a → g",
        "steps:|- command: a|  T|  agents: {queue: darwin, arch: x64}; 4; no-host;"
            + " queue=darwin, arch=x64",
        "steps:|- {command: a, T, agents: [os=darwin, host=mini-9]}; 2; no-host; host=mini-9",
        "steps:|- {command: a, T, agents: {queue: linux, size: huge*}}; 2; no-host; huge*",
        "steps:|- command: a|  T|  env:|    X: ON; 5; yaml-trap; true or false to YAML 1.1",
        "steps:|- {command: a, T, env: {X: 24.04}}; 2; yaml-trap; number where text is meant",
        "env: {X: 24.10}|steps: []; 1; yaml-trap; loses its last `0`",
        "env: {X: 010}|steps: []; 1; yaml-trap; octal",
        "env: {X: 1:30}|steps: []; 1; yaml-trap; base 60",
        "env: {X: 2024-05-01}|steps: []; 1; yaml-trap; date",
        "env: {X: 1_000}|steps: []; 1; yaml-trap; `_` is lost",
        "env: {X: 12e4}|steps: []; 1; yaml-trap; exponent",
        "base: &b {X: no}|env: {<<: *b}|steps: []; 1; yaml-trap; `X: no`",
        "steps:|- {command: a, T, continue_on_failure: yes, soft_fail: yes}; 2; yaml-trap; soft_fail",
        "steps:|- command: a|  T|  command: b; 4; duplicate-key; in line 2 already",
        "steps:|- {command: a, T, key: k}|- {command: b, T, key: k}; 3; duplicate-step-key; line 2",
        "steps:|- command: a; 2; no-timeout; timeout_in_minutes",
        "steps:|- {command: a, T, depend_on: b}; 2; unknown-key; Did you mean `depends_on`?",
        "steps:|- {wait: ~, agents: {a: b}}; 2; unknown-key; no key of a wait step",
        "steps:|- {nothing: a}; 2; unknown-step; no known kind",
        "steps:|- {group: g, steps: [{group: h, steps: [wait]}]}; 2; nested-group; one level up",
        "steps:|- {group: g, steps: []}; 2; empty-group; has no steps",
        "steps:|- {command: a, T, if: build.branch ==}; 2; bad-value; `if` of step",
        "steps:|- {command: a, T, soft_fail: maybe}; 2; bad-value; `soft_fail` of step",
        "steps:|- {command: a, timeout_in_minutes: -1}; 2; bad-value; `timeout_in_minutes` of step",
        "steps:|- block: b|  fields:|  - {text: a, key: a}|  - {text: b}; 5; bad-value; `key` of `fields` of step 1",
        "steps:|- {input: b, fields: [{text: a, key: a, format: '['}]}; 2; bad-value; no regular expression",
        "steps:|- block: b|  blocked_state: nope; 3; bad-value; must be passed, failed or running",
        "steps:|- trigger: t|  build:|    message: m|    brnch: x; 5; bad-value; unknown key `brnch`",
        "steps:|- {wait: ~, if: build.branch ==}; 2; bad-value; `if` of step 1",
        "steps:|- {group: g, if: build.branch ==, steps: [{command: a, T}]}; 2; bad-value; `if` of step 1",
        "steps:|- {type: trigger, label: l}; 2; bad-value; names no pipeline",
        "agents: {queue: [a]}|steps:|- wait; 1; bad-value; `agents` of the pipeline must be a single value",
        "steps:|- wait|env: 3; 3; bad-value; `env` of the pipeline must hold names and values",
        "steps:|- {command: a, T, secrets: [S]}; 2; buildkite-only; works at Buildkite",
        "steps:|- command: a|  T|  image: x; 4; buildkite-only; works at Buildkite",
        "steps:|- {command: a, T, concurrency: 1}; 2; half-concurrency; without a `concurrency_group`",
        "steps:|- {command: a, T, matrix: [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z]}; 2;"
            + " limit; more than 25 elements",
        "steps:|- {command: a, T, matrix: {setup: {a: [1,2,3,4,5,6,7,8], b: [1,2,3,4,5,6,7]}}}; 2;"
            + " limit; makes 56 jobs",
        "steps:|- {command: a, T, key: 0198c5f2-aaaa-bbbb-cccc-0123456789ab}; 2; limit; UUID",
        "steps:|- {command: a, T, parallelism: 501}; 2; limit; 501 jobs",
        "steps:|- {command: a, T, parallelism: many}; 2; limit; whole number from 1",
        "steps:|- {command: a, T, retry: {automatic: [{limit: 11}]}}; 2; limit; more than 10 times",
      })
  void eachMistakeIsFoundWhereItStands(String text, int line, String rule, String part) {
    List<Finding> findings = lint(text.replace('|', '\n').replace("T", "timeout_in_minutes: 5"));
    assertThat(findings)
        .filteredOn(f -> f.rule().equals(rule) && (f.what() + f.remedy()).contains(part))
        .singleElement()
        .satisfies(
            f -> {
              assertThat(f.file()).isEqualTo("p.yml");
              assertThat(f.line()).isEqualTo(line);
              assertThat(f.remedy()).isNotBlank();
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "steps:\n- {command: a, timeout_in_minutes: 5, depends_on: known}",
        "steps:\n- {command: a, timeout_in_minutes: 5, agents: {queue: darwin, arch: arm64, os: darwin,"
            + " tart: 'true', vm-ready: 'true', vm-image: x}}",
        "steps:\n- {command: a, timeout_in_minutes: 5, agents: {queue: elsewhere, os: plan9}}",
        "steps:\n- {command: a, timeout_in_minutes: 5, agents: {queue: linux, size: b*g}}",
        "steps:\n- {command: a, timeout_in_minutes: 5, matrix: [arm], agents: {os: darwin, arch: '{{matrix}}'}}",
        "env: {A: 'ON', B: \"24.10\", C: 7, D: true, E: a-b, F: v1.10}\nsteps: [wait]",
        "steps:\n- {command: a, key: a, timeout_in_minutes: 1.5}\n- wait\n"
            + "- {command: b, key: b, timeout_in_minutes: 5}\n"
            + "- group: g\n  depends_on: b\n  steps: [{command: c, timeout_in_minutes: 5, depends_on: a}, wait]\n",
        "steps:\n- {block: b, fields: [{text: T, key: k}], blocked_state: running}\n"
            + "- {input: i, prompt: p}\n- {trigger: t, async: true, build: {message: m}}",
      })
  void whatIsRightIsLeftAlone(String text) {
    assertThat(lint(text)).isEmpty();
  }

  @Test
  void ofStepsWithOneTitleEachIsFoundWrong() {
    String first = "steps:\n- {command: a, timeout_in_minutes: 5, parallelism: 0}\n";
    String second = "- command: a\n  timeout_in_minutes: 5\n  soft_fail: {exit_status: 1}\n";
    assertThat(lint(first + second)).extracting(Finding::line).containsExactly(2, 5);
    assertThat(lint("steps:\n" + second + second + first.substring(7)))
        .extracting(Finding::rule)
        .containsExactly("bad-value", "bad-value", "limit");
    String shared = "x: &x\n  depend_on: b\nsteps:\n";
    String step = "- {<<: *x, command: a, timeout_in_minutes: 5}\n";
    assertThat(lint(shared + step + step)).extracting(Finding::rule).containsOnly("unknown-key");
  }

  @Test
  void whatIsWrongWithAStepHidesNothingElseOfIt() {
    assertThat(
            lint(
                """
                agents: {queue: [a]}
                env: 3
                steps:
                - block: b
                  blocked_state: nope
                  fields:
                  - {text: a}
                  - {text: b}
                  if: build.branch ==
                - command: a
                  commnd: a
                  timeout_in_minutes: many
                  parallelism: 0
                  priority: high
                  secrets: [S]
                - command: [[a]]
                  timeout_in_minutes: 5
                  soft_fail: maybe
                """))
        .extracting(Finding::line, Finding::rule)
        .containsExactly(
            tuple(1, "bad-value"),
            tuple(2, "bad-value"),
            tuple(5, "bad-value"),
            tuple(7, "bad-value"),
            tuple(8, "bad-value"),
            tuple(9, "bad-value"),
            tuple(11, "unknown-key"),
            tuple(12, "bad-value"),
            tuple(13, "limit"),
            tuple(14, "bad-value"),
            tuple(15, "buildkite-only"),
            tuple(16, "bad-value"),
            tuple(18, "bad-value"));
  }

  @Test
  void fiveHundredStepsAreTheMostOfOneUpload() {
    String step = "- {command: a, timeout_in_minutes: 5}\n";
    assertThat(lint("steps:\n" + step.repeat(500))).isEmpty();
    assertThat(lint("steps:\n" + step.repeat(501)))
        .singleElement()
        .matches(f -> f.line() == 502 && f.rule().equals("limit"));
  }

  @Test
  void longChainsAndWideWaitsAreWalked() {
    StringBuilder text = new StringBuilder("steps:\n");
    for (int i = 0; i < 5000; i++) {
      text.append("- {command: a, timeout_in_minutes: 5, key: k" + i);
      text.append(i == 0 ? "}\n" : ", depends_on: k" + (i - 1) + "}\n- wait\n");
    }
    assertThat(lint(text.toString())).extracting(Finding::rule).containsExactly("limit");
  }

  /// What this project itself makes has nothing to be found.
  @Test
  void generatedAndAdaptedPipelinesAreClean() {
    PipelineConfig config = PipelineConfig.read(Yaml.read(Path.of("examples/oven/bakehouse.yml")));
    assertThat(lint(Generate.pipeline(config).json())).isEmpty();
    WrittenPipeline pipeline =
        WrittenPipeline.parse(
            "p", RealSizes.json(RealSizes.sixty()).replace(",\"invented\":24.04", ""));
    Adapt.apply(pipeline, FleetConfig.DEFAULT);
    WrittenPipeline adapted = WrittenPipeline.parse("p", pipeline.json());
    assertThat(Lint.check(adapted, FleetConfig.DEFAULT, Set.of())).isEmpty();
    assertThat(
            Lint.check(
                WrittenPipeline.read(Path.of("examples/oven/.buildkite/pipeline.yml")),
                FLEET,
                Set.of()))
        .extracting(Finding::rule)
        .containsExactly("no-timeout");
  }
}
