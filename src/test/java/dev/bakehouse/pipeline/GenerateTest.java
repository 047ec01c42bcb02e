package dev.bakehouse.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.config.Yaml;
import dev.bakehouse.platform.UserError;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class GenerateTest {
  private static final String ALL =
      """
      pipeline:
        image-step: true
        targets:
          linux-x64-baseline: { agents: { queue: big }, env: { LEVEL: 0 } }
          darwin-aarch64: { enabled: false }
        steps:
          vendor: { command: make vendor, artifacts: [a/*.a, b.json] }
          cpp: { command: make cpp, artifacts: c.a, env: { VERSION: 24.04, LEVEL: 2 } }
          zig: { command: make zig, timeout: 7 }
          link: { command: 'make "$X"', parallelism: 1 }
          test: { command: make test, parallelism: 10 }
      """;

  private static GeneratedPipeline generate(String text) {
    return Generate.pipeline(PipelineConfig.read(Yaml.parse("bakehouse.yml", text)));
  }

  private static Map<String, JsonNode> steps(GeneratedPipeline pipeline) {
    JsonNode group = JsonMapper.shared().readTree(pipeline.json()).get("steps").get(0);
    return group.get("steps").values().stream()
        .collect(Collectors.toMap(s -> s.get("key").asString(), Function.identity()));
  }

  /// A step whose own `env` says it otherwise has that.
  @Test
  void inputsAreToldToTheHosts() {
    String inputs =
        "zig: { command: make zig, inputs: [src/zig/**, '!**/*.md', env:BUILDKITE_TAG],";
    String text = ALL.replace("zig: { command: make zig,", inputs);
    assertThat(
            steps(generate(text)).get("linux-x64-baseline-build-zig").at("/env/BAKEHOUSE_INPUTS"))
        .hasToString("\"src/zig/** !**/*.md env:BUILDKITE_TAG\"");
    String off = text.replace("image-step: true", "image-step: true\n  reuse: false");
    assertThat(generate(off).json()).isEqualTo(generate(ALL).json());
    String own = text.replace("make zig,", "make zig, env: {BAKEHOUSE_INPUTS: ''},");
    assertThat(steps(generate(own)).get("linux-x64-baseline-build-zig").at("/env/BAKEHOUSE_INPUTS"))
        .hasToString("\"\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      nullValues = "-",
      value = {
        "image; bakehouse image ensure; -; -; 180; -; {'BAKEHOUSE_TARGET':'T','LEVEL':'0'}",
        "build-vendor; make vendor; ['T-image']; ['a/*.a','b.json']; 30; -;"
            + " {'BAKEHOUSE_TARGET':'T','LEVEL':'0'}",
        "build-cpp; make cpp; ['T-image']; ['c.a']; 60; -;"
            + " {'BAKEHOUSE_TARGET':'T','LEVEL':'2','BUN_CPP_ONLY':'ON','VERSION':'24.04'}",
        "build-zig; make zig; ['T-image']; -; 7; -; {'BAKEHOUSE_TARGET':'T','LEVEL':'0'}",
        "build-bun; make '$X'; ['T-image','T-build-vendor','T-build-cpp','T-build-zig']; -; 30; -;"
            + " {'BAKEHOUSE_TARGET':'T','LEVEL':'0','BUN_LINK_ONLY':'ON'}",
        "test-bun; make test; ['T-image','T-build-bun']; -; 30; 10;"
            + " {'BAKEHOUSE_TARGET':'T','LEVEL':'0'}",
      })
  void eachKindBecomesAStep(
      String suffix,
      String command,
      String dependsOn,
      String artifacts,
      String timeout,
      String parallelism,
      String env) {
    String target = "linux-x64-baseline";
    JsonNode step = steps(generate(ALL)).get(target + "-" + suffix);
    assertThat(step.get("command").asString()).isEqualTo(command.replace('\'', '"'));
    assertThat(step.get("depends_on")).isEqualTo(json(dependsOn, target));
    assertThat(step.get("artifact_paths")).isEqualTo(json(artifacts, target));
    assertThat(step.get("timeout_in_minutes")).isEqualTo(json(timeout, target));
    assertThat(step.get("parallelism")).isEqualTo(json(parallelism, target));
    assertThat(step.get("env")).isEqualTo(json(env, target));
    assertThat(step.get("agents")).isEqualTo(json("{'queue':'big'}", target));
    assertThat(step.get("retry").get("automatic"))
        .isEqualTo(json("[{'exit_status':-1,'limit':2},{'exit_status':125,'limit':2}]", target));
  }

  /// Single quotes stand for double ones, `T` in quotes for the target.
  private static JsonNode json(String text, String target) {
    if (text == null) {
      return null;
    }
    return JsonMapper.shared().readTree(text.replace('\'', '"').replace("\"T", "\"" + target));
  }

  @Test
  void noStepDependsOnOneThatIsNotThere() {
    var steps =
        steps(
            generate(
                "pipeline: {image-step: false, steps: {cpp: {command: a},"
                    + " link: {command: b}, test: {command: c}}}"));
    assertThat(steps)
        .containsOnlyKeys(
            "darwin-aarch64-build-cpp", "darwin-aarch64-build-bun", "darwin-aarch64-test-bun");
    assertThat(steps.get("darwin-aarch64-build-cpp").has("depends_on")).isFalse();
    assertThat(steps.get("darwin-aarch64-build-bun").get("depends_on"))
        .isEqualTo(json("['T-build-cpp']", "darwin-aarch64"));
  }

  @Test
  void whatTestsMeasuredIsCompared() {
    String text =
        "pipeline: {affinity: image, performance: {file: out/b.json, timeout: 3},"
            + " targets: {linux-x64: {}},"
            + " steps: {cpp: {command: a}, test: {command: b, artifacts: c}}}";
    Map<String, JsonNode> steps = steps(generate(text));
    assertThat(steps.get("linux-x64-test-bun").get("artifact_paths"))
        .isEqualTo(json("['c','out/b.json']", ""));
    JsonNode step = steps.get("linux-x64-performance");
    assertThat(step.get("command").asString()).isEqualTo("bakehouse performance compare");
    assertThat(step.get("depends_on")).isEqualTo(json("['linux-x64-test-bun']", ""));
    assertThat(step.get("soft_fail")).isEqualTo(json("[{'exit_status':1}]", ""));
    assertThat(step.get("env").get("BAKEHOUSE_BENCHMARK_STEP"))
        .isEqualTo(json("'linux-x64-test-bun'", ""));
    assertThat(step.get("timeout_in_minutes").asInt()).isEqualTo(3);
    assertThat(step.get("agents").has("vm-ready")).isFalse();
    assertThat(steps.get("linux-x64-test-bun").has("soft_fail")).isFalse();
    PipelineConfig config = PipelineConfig.read(Yaml.parse("bakehouse.yml", text));
    BuildFacts skip = BuildFacts.of(Map.of("BUILDKITE_MESSAGE", "[skip tests]"));
    assertThat(steps(Generate.pipeline(config, skip))).doesNotContainKey("linux-x64-performance");
  }

  @Test
  void aTargetEndsWithItsStatus() {
    String text =
        "pipeline: {image-step: true, commit-status: true, MORE targets: {linux-x64: {}},"
            + " performance: {}, steps: {cpp: {command: a}, test: {command: b}}}";
    String work = "linux-x64-image,linux-x64-build-cpp,linux-x64-test-bun,linux-x64-performance";
    JsonNode step = steps(generate(text.replace("MORE", ""))).get("linux-x64-status");
    assertThat(step.get("command").asString())
        .isEqualTo("bakehouse pipeline status --target linux-x64");
    assertThat(step.get("allow_dependency_failure").asBoolean()).isTrue();
    assertThat(step.get("env").get("BAKEHOUSE_STATUS_STEPS").asString()).isEqualTo(work);
    assertThat(step.get("depends_on")).isEqualTo(json("['" + work.replace(",", "','") + "']", ""));

    String pinned = text.replace("MORE", "affinity: host,");
    Map<String, JsonNode> first = steps(generate(pinned));
    assertThat(first).containsOnlyKeys("linux-x64-image", "linux-x64-status");
    JsonNode last = first.get("linux-x64-status");
    assertThat(last.get("env").get("BAKEHOUSE_STATUS_STEPS").asString()).isEqualTo(work);
    assertThat(last.get("depends_on")).isEqualTo(json("['linux-x64-image']", ""));
    BuildFacts facts = BuildFacts.of(Map.of("BUILDKITE_AGENT_META_DATA_HOST", "mini-1"));
    PipelineConfig config = PipelineConfig.read(Yaml.parse("bakehouse.yml", pinned));
    assertThat(steps(Generate.pinned(config, facts))).doesNotContainKey("linux-x64-status");
  }

  @Test
  void testsTellWhereTheirResultsAre() {
    String text =
        """
        pipeline:
          targets: {linux-x64: {}}
          steps:
            test:
              command: a
              tests: {results: [out/*.xml, b.xml], retries: 2, quarantine: [a.B c]}
              env: {BAKEHOUSE_TEST_RETRIES: 3}
        """;
    JsonNode env = steps(generate(text)).get("linux-x64-test-bun").get("env");
    assertThat(env.get("BAKEHOUSE_TEST_RESULTS").asString()).isEqualTo("out/*.xml\nb.xml");
    assertThat(env.get("BAKEHOUSE_TEST_RETRIES").asString()).isEqualTo("3");
    assertThat(env.get("BAKEHOUSE_TEST_QUARANTINE").asString()).isEqualTo("a.B c");
    for (String wrong :
        List.of(
            text.replace("results: [out/*.xml, b.xml], ", ""),
            text.replace("retries: 2", "retries: 10"),
            text.replace("quarantine", "quarantaine"),
            text.replace(" test:", " cpp:"))) {
      assertThatThrownBy(() -> generate(wrong))
          .isInstanceOf(UserError.class)
          .hasMessageStartingWith("bakehouse.yml:");
    }
  }

  @Test
  void withoutTestsNothingIsCompared() {
    assertThatThrownBy(
            () -> generate("pipeline: {\n performance: {},\n steps: {cpp: {command: a}}}"))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("bakehouse.yml:2: ")
        .hasMessageContaining("there is no test");
  }

  @Test
  void aPipelineWithoutTargetsIsAnError() {
    assertThatThrownBy(
            () ->
                generate(
                    "pipeline: {targets: {linux-x64: {enabled: false}},"
                        + " steps: {cpp: {command: a}}}"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("no target is enabled");
  }

  @Test
  void theExamplesPipelineHasItsKeys() {
    PipelineConfig config = PipelineConfig.read(Yaml.read(Path.of("examples/oven/bakehouse.yml")));
    GeneratedPipeline pipeline = Generate.pipeline(config);
    assertThat(pipeline.groups()).extracting(g -> g.key()).containsExactly("linux-x64");
    assertThat(pipeline.groups().getFirst().steps())
        .extracting(s -> s.key())
        .containsExactlyElementsOf(
            List.of(
                "linux-x64-build-vendor",
                "linux-x64-build-cpp",
                "linux-x64-build-zig",
                "linux-x64-build-bun",
                "linux-x64-test-bun"));
    assertThat(steps(pipeline).get("linux-x64-build-vendor").get("env").get("BUN_CPP_ONLY"))
        .isEqualTo(json("'ON'", "linux-x64"));
    assertThat(config.targets())
        .filteredOn(t -> !t.enabled())
        .extracting(t -> t.target().key())
        .contains("darwin-aarch64", "darwin-x64", "windows-x64");
  }
}
