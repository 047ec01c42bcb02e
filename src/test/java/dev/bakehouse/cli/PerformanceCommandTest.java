package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerformanceCommandTest {
  @TempDir Path dir;

  private int compare(String before, String now, String config) throws IOException {
    Path yaml = Files.writeString(dir.resolve("bakehouse.yml"), config);
    return Main.run(
        "performance",
        "compare",
        "--config",
        yaml.toString(),
        file("before.json", before),
        file("now.json", now));
  }

  private String file(String name, String value) throws IOException {
    String json = "{\"benchmarks\": [{\"name\": \"parse\", \"value\": " + value + "}]}";
    return Files.writeString(dir.resolve(name), json).toString();
  }

  /// Nobody says of which build.
  @Test
  void withoutFilesItIsForJobs() {
    assertThat(Main.run("performance", "compare")).isEqualTo(2);
    assertThat(Main.run("performance", "compare", "one.json")).isEqualTo(2);
  }

  @Test
  void endsByWhatTheThresholdsSay() throws IOException {
    assertThat(compare("10", "12", "")).isEqualTo(1);
    assertThat(compare("10", "11", "")).isZero();
    assertThat(compare("10", "12", "pipeline: {performance: {threshold: 20}}")).isZero();
    assertThat(compare("10", "11", "pipeline: {performance: {thresholds: {parse: 5}}}"))
        .isEqualTo(1);
    assertThat(compare("10", "none", "")).isEqualTo(2);
    assertThat(compare("10", "10", "pipeline: {performance: {file: ../x}}")).isEqualTo(2);
    assertThat(compare("10", "10", "pipeline: {performance: {file: /x}}")).isEqualTo(2);
  }
}
