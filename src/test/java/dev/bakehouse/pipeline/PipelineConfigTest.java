package dev.bakehouse.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.bakehouse.config.ConfigError;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.platform.UserError;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PipelineConfigTest {
  private static PipelineConfig read(String text) {
    return PipelineConfig.read(Yaml.parse("bakehouse.yml", text));
  }

  /// `|` stands for a line end.
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "pipeline:|  colour: red|  steps: {zig: {command: x}}; bakehouse.yml:2; unknown key"
            + " `pipeline.colour`; image-step, owns, performance, release, reuse, steps,"
            + " targets",
        "pipeline:|  image-step: perhaps|  steps: {zig: {command: x}}; bakehouse.yml:2;"
            + " `pipeline.image-step: perhaps`; true, false",
        "pipeline:|  targets:|    linux-x64: {}|    linux-x86: {}|  steps: {zig: {command: x}};"
            + " bakehouse.yml:4; unknown key `pipeline.targets.linux-x86`; linux-x64-baseline",
        "pipeline:|  targets:|    linux-x64:|      agent: {}|  steps: {zig: {command: x}};"
            + " bakehouse.yml:4; `pipeline.targets.linux-x64.agent`; agents, enabled, env",
        "pipeline:|  steps:|    c: {command: x}; bakehouse.yml:3; unknown key `pipeline.steps.c`;"
            + " cpp, link, test, vendor, zig",
        "pipeline:|  steps:|    cpp: {timeout: 5}; bakehouse.yml:3; `pipeline.steps.cpp` has no"
            + " `command`; command line",
        "pipeline:|  steps:|    cpp:|      command: x|      timeout: 0; bakehouse.yml:5;"
            + " `pipeline.steps.cpp.timeout: 0`; range",
        "pipeline:|  steps:|    test:|      command: x|      parallelism: many; bakehouse.yml:5;"
            + " from 1 to 100; range",
        "pipeline:|  steps:|    cpp:|      command: x|      command: y; bakehouse.yml:5; stands"
            + " twice; Remove",
        "pipeline:|  steps:|    link:|      command: x|      inputs: src; bakehouse.yml:5; takes what"
            + " others made; vendor, cpp and zig",
        "pipeline:|  steps:|    cpp:|      command: x|      inputs: [a, /b]; bakehouse.yml:5; has"
            + " `/b`; `src/**`",
        "pipeline:|  steps: {}; bakehouse.yml:2; `pipeline.steps` has no step; vendor, cpp, zig",
        "other: 1; bakehouse.yml:1; `pipeline.steps` has no step; vendor, cpp, zig",
      })
  void saysWhereItIsWrongAndWhatIsAllowed(String text, String where, String what, String remedy) {
    assertThatThrownBy(() -> read(text.replace('|', '\n')))
        .isInstanceOfSatisfying(
            ConfigError.class,
            error -> {
              assertThat(error.getMessage()).startsWith(where + ": ").contains(what);
              assertThat(error.remedy()).contains(remedy);
            });
  }

  @Test
  void withoutTargetsBothMacsAreBuiltOnAppleSilicon() {
    PipelineConfig config = read("pipeline: {steps: {zig: {command: x}}}");
    assertThat(config.targets())
        .extracting(t -> t.target().key(), TargetConfig::enabled, t -> t.agents().get("arch"))
        .containsExactly(
            tuple("darwin-aarch64", true, "aarch64"), tuple("darwin-x64", true, "aarch64"));
    assertThat(config.imageStep()).isTrue();
  }

  @Test
  void otherSectionsAreNotItsBusiness() {
    assertThat(read("image: {name: x}\npipeline: {steps: {zig: {command: x}}}").steps())
        .containsOnlyKeys(StepKind.ZIG);
  }

  @Test
  void onlyTakesDescribedTargetsWhetherEnabledOrNot() {
    PipelineConfig config =
        read(
            "pipeline: {targets: {linux-x64: {}, windows-x64: {enabled: false}},"
                + " steps: {zig: {command: x}}}");
    assertThat(config.only(List.of("windows-x64")).targets())
        .filteredOn(TargetConfig::enabled)
        .extracting(t -> t.target().key())
        .containsExactly("windows-x64");
    assertThatThrownBy(() -> config.only(List.of("linux-x86")))
        .isInstanceOfSatisfying(
            UserError.class,
            error -> {
              assertThat(error).hasMessageContaining("linux-x86");
              assertThat(error.remedy()).contains("linux-x64, windows-x64");
            });
  }
}
