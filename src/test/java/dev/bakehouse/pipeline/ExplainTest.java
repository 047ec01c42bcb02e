package dev.bakehouse.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.config.Yaml;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExplainTest {
  private static final String PIPELINE =
      """
      steps:
        - group: mac
          key: mac
          steps:
            - {command: c, key: cpp, agents: {queue: darwin, vm-ready: 'true'}}
            - {command: z, key: zig, agents: {queue: linux}}
            - {command: l, key: link, agents: {queue: darwin}, depends_on: [cpp, zig]}
        - wait
        - {command: r, key: release, agents: {queue: darwin, size: huge}}
        - {trigger: docs, key: docs, depends_on: mac}
      """;

  private static final FleetConfig FLEET =
      FleetConfig.read(
          Yaml.parse("b", "pipeline: {hosts: {m1: {queue: darwin}, m2: {queue: darwin}}}"));

  private static Explain explain(Map<String, Double> seconds) {
    return Explain.of(WrittenPipeline.parse("p.yml", PIPELINE), FLEET, seconds);
  }

  @Test
  void saysWhatRunsWhereWhenAndWhy() {
    assertThat(explain(Map.of()).steps())
        .extracting(
            l -> l.wave() + " " + l.step() + " " + l.when() + " " + l.hosts() + " " + l.where())
        .containsExactly(
            "1 cpp at once [m1, m2] these have queue=darwin, vm-ready=true, once their image is ready",
            "1 zig at once [] not on our hosts: queue=linux",
            "2 link after cpp (depends_on), zig (depends_on) [m1, m2] these have queue=darwin",
            "3 wait in line 8 after mac (stands above it) [] ",
            "3 release after wait in line 8 (stands above it) [] no host has queue=darwin, size=huge",
            "3 docs after mac (depends_on) [] another pipeline");
  }

  @Test
  void theCriticalPathIsTheLongestMeasuredChain() {
    Explain explained = explain(Map.of("cpp", 100.0, "zig", 300.0, "link", 20.0, "elsewhere", 1e6));
    assertThat(explained.criticalPath()).containsExactly("zig", "link");
    assertThat(explained.criticalSeconds()).isEqualTo(320);
    assertThat(explained.unmeasured()).containsExactly("release");
  }

  @Test
  void stepsThatWaitForEachOtherHaveNoOrder() {
    assertThatThrownBy(
            () ->
                Explain.of(
                    WrittenPipeline.parse("p", "steps: [{command: a, key: a, depends_on: a}]"),
                    FLEET,
                    Map.of()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("wait for each other");
  }

  @Test
  void timesComeFromReportsAndFromTheRestApi(@TempDir Path dir) throws IOException {
    Path report = dir.resolve("report.json");
    Files.writeString(
        report,
        "{\"steps\":[{\"key\":\"a\",\"seconds\":5},{\"key\":\"a\",\"seconds\":9,\"parallel\":1}]}");
    Path rest = dir.resolve("rest.json");
    String job =
        "{\"step_key\":\"%s\",\"state\":\"%s\",\"started_at\":\"2026-01-01T00:00:00Z\","
            + "\"finished_at\":\"2026-01-01T00:00:%s.500Z\"}";
    Files.writeString(
        rest,
        "[{\"jobs\":["
            + job.formatted("a", "passed", "20")
            + ","
            + job.formatted("b", "failed", "30")
            + "]},{\"jobs\":["
            + job.formatted("a", "passed", "10")
            + ",{\"type\":\"waiter\"}]}]");
    assertThat(StepTimes.read(List.of(report, rest))).isEqualTo(Map.of("a", 10.5));
    Files.writeString(rest, "steps: no");
    assertThatThrownBy(() -> StepTimes.read(List.of(rest)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("are no JSON");
  }
}
