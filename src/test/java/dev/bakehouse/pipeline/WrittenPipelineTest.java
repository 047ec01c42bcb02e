package dev.bakehouse.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.config.ConfigError;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class WrittenPipelineTest {
  private static final String ALL =
      """
      env: {LINK: ON, VERSION: 24.10, ZERO: 0, SCIENCE: 1e3}
      agents: {queue: linux}
      extra: {kept: [1, {deep: ~}]}
      steps:
        - label: ":hammer: cpp"
          key: cpp
          commands: [a, b]
          agents: ["queue=darwin", "os=macos"]
          retry: {automatic: false, manual: {permit_on_passed: true}}
          invented: {kept: yes}
        - wait
        - wait: ~
          continue_on_failure: true
        - block: "Ship?"
          fields: [{select: Stream, key: stream, options: [{label: A, value: a}]}]
        - input: "Who?"
          fields: [{text: Name, key: name}]
        - trigger: deploy
          build: {branch: main, meta_data: {a: 1}}
        - group: Tests
          key: tests
          depends_on: cpp
          steps:
            - command: t
              depends_on: [cpp, {step: other, allow_failure: true}]
              depends_on_nothing: ~
            - wait
        - nothing: known
        - command: {command: nested, key: nested}
        - plugins: [{docker#v1: ~}]
      """;

  @Test
  void everyKindOfStepIsTold() {
    WrittenPipeline pipeline = WrittenPipeline.parse("p.yml", ALL);
    assertThat(pipeline.all().map(s -> s.line() + " " + s))
        .containsExactly(
            "5 command cpp",
            "11 wait wait in line 11",
            "12 wait wait in line 12",
            "14 block Ship?",
            "16 input Who?",
            "18 trigger deploy",
            "20 group tests",
            "24 command t",
            "27 wait wait in line 27",
            "28 unknown unknown in line 28",
            "29 command nested",
            "30 command command in line 30");
    WrittenStep cpp = pipeline.steps().getFirst();
    assertThat(cpp.command()).isEqualTo("a\nb");
    assertThat(pipeline.agents(cpp)).isEqualTo(Map.of("queue", "darwin", "os", "macos"));
    assertThat(cpp.dependsOn()).isEmpty();
    WrittenStep test = pipeline.steps().get(6).members().getFirst();
    assertThat(test.group()).contains(pipeline.steps().get(6));
    assertThat(pipeline.agents(test)).isEqualTo(Map.of("queue", "linux"));
    assertThat(test.dependsOn())
        .contains(List.of(new Dependency("cpp", false), new Dependency("other", true)));
    assertThat(pipeline.lines().of(test.body(), "depends_on")).isEqualTo(25);
  }

  @Test
  void whatIsTaggedAsTextIsNoNumber() {
    String json =
        WrittenPipeline.parse("p.yml", "env: {A: !!str 1.10, B: !!str 5, C: 5}\nsteps: []\n")
            .json();
    assertThat(JsonMapper.shared().readTree(json).path("env"))
        .hasToString("{\"A\":\"1.10\",\"B\":\"5\",\"C\":5}");
  }

  /// Judged by another reader of JSON: every key in its order, every value with its type.
  @Test
  void whatComesOutIsWhatWentIn() {
    String json = WrittenPipeline.parse("p.yml", ALL).json();
    JsonNode tree = JsonMapper.shared().readTree(json);
    assertThat(tree.propertyNames()).containsExactly("env", "agents", "extra", "steps");
    assertThat(json).contains("\"VERSION\" : 24.10").contains("\"LINK\" : \"ON\"");
    assertThat(tree.path("env").path("SCIENCE").isNumber()).isTrue();
    assertThat(tree.path("extra")).hasToString("{\"kept\":[1,{\"deep\":null}]}");
    assertThat(tree.path("steps").get(0).propertyNames())
        .containsExactly("label", "key", "commands", "agents", "retry", "invented");
    assertThat(tree.path("steps").get(1)).hasToString("\"wait\"");
    assertThat(WrittenPipeline.parse("again", json).json()).isEqualTo(json);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"steps":["wait"],"x":"\\ud83d\\ude80 \\/ \\u00e9"} | 🚀 / é
          {"steps":[],"x":"a\\tb"}                            | a\\tb
          [{"command":"a"}]                                   | [ {
          """)
  void jsonIsRead(String json, String part) {
    String written = WrittenPipeline.parse("p.json", json).json();
    assertThat(written).contains(part);
    assertThat(JsonMapper.shared().readTree(written)).isEqualTo(JsonMapper.shared().readTree(json));
  }

  @Test
  void pipelinesMayHaveManyAliases() {
    String step = "  - {command: a, env: *e, retry: *r}\n";
    String yaml = "x: [&e {A: 1}, &r {automatic: true}]\nsteps:\n" + step.repeat(1000);
    assertThat(WrittenPipeline.parse("p.yml", yaml).all()).hasSize(1000);
  }

  static List<String> hostile() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
      String one = "*a" + (i - 1) + ", ";
      bomb.append("a" + i + ": &a" + i + " [" + one.repeat(9) + "*a" + (i - 1) + "]\n");
    }
    String huge = "steps: [&a " + "x".repeat(2 << 20) + ", *a, *a, *a, *a, *a]";
    return List.of(
        bomb + "steps: []",
        "steps: &s [*s]",
        "steps: [" + "[".repeat(50_000),
        "steps: [" + "{a: ".repeat(50_000),
        "- ".repeat(50_000) + "a",
        huge,
        "steps: ['" + "x".repeat(9 << 20) + "']",
        "%YAML 99999999999.1\n---\nsteps: []",
        "steps: [\"\\u\"]",
        "a: \"\\U\"",
        "? [a]\n: b\nsteps: []",
        "--- 1\n--- 2",
        "steps: \u0000");
  }

  @ParameterizedTest
  @MethodSource("hostile")
  @Timeout(60)
  void hostileTextEndsInAnErrorWithItsLine(String text) {
    assertThatThrownBy(() -> WrittenPipeline.parse("p.yml", text))
        .isInstanceOf(ConfigError.class)
        .hasMessageStartingWith("p.yml")
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(2000));
  }

  @Test
  void fiveThousandStepsAreReadInSeconds() {
    String yaml = "steps:\n" + "  - {command: a, env: {A: 1, B: 2}, agents: {q: x}}\n".repeat(5000);
    long begin = System.nanoTime();
    assertThat(WrittenPipeline.parse("p.yml", yaml).all()).hasSize(5000);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(30));
  }

  @Test
  void noTextHoldsANul() {
    assertThatThrownBy(() -> WrittenPipeline.parse("p", "steps:\n- command: \"a\\0b\"\n"))
        .isInstanceOf(ConfigError.class)
        .hasMessageContaining("p:2")
        .hasMessageContaining("NUL");
  }
}
