package dev.bakehouse.performance;

import dev.bakehouse.config.Section;
import java.util.Optional;
import java.util.regex.Pattern;

/// `pipeline.performance` of `bakehouse.yml`: the step that compares benchmarks.
///
/// @param file path of the artifacts with the results
/// @param timeout minutes
public record PerformanceConfig(String file, Thresholds thresholds, int timeout) {
  public static final String COMMAND = "bakehouse performance compare";

  /// Tells the command which step's artifacts count, by its key; without it, those of all steps.
  public static final String STEP = "BAKEHOUSE_BENCHMARK_STEP";

  /// How the command ends when a benchmark got worse.
  public static final int REGRESSED = 1;

  /// How it ends when it can not compare.
  public static final int UNUSABLE = 2;

  private static final String FILE = "benchmarks.json";

  /// No `..` and no pattern: a host stores what lies there.
  private static final Pattern PATH =
      Pattern.compile("[A-Za-z0-9_-][\\w.-]*(/[A-Za-z0-9_-][\\w.-]*)*");

  private static final int TIMEOUT = 10;

  public static final PerformanceConfig DEFAULT =
      new PerformanceConfig(FILE, Thresholds.DEFAULT, TIMEOUT);

  /// @param pipeline the section `pipeline`, of which no other key is looked at
  /// @return empty when it does not ask for the step
  /// @throws dev.bakehouse.config.ConfigError with file, line and what is allowed there
  public static Optional<PerformanceConfig> read(Section pipeline) {
    if (!pipeline.has("performance")) {
      return Optional.empty();
    }
    Section section = pipeline.section("performance");
    PerformanceConfig config =
        new PerformanceConfig(
            section.text("file", FILE),
            Thresholds.read(section),
            section.number("timeout", TIMEOUT, 1, 24 * 60));
    section.close();
    if (!PATH.matcher(config.file()).matches()) {
      throw section.error(
          "file",
          "is no path below the checkout of letters, digits, `_`, `-` and `.`",
          "Write the one that jobs upload, such as bench/benchmarks.json.");
    }
    return Optional.of(config);
  }
}
