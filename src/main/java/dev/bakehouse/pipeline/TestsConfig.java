package dev.bakehouse.pipeline;

import dev.bakehouse.config.Section;
import dev.bakehouse.tests.ShardTool;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `tests` of the step `test`: what [ShardTool] is told by variables.
final class TestsConfig {
  private static final int RETRIES = 9;

  private TestsConfig() {}

  /// @param step with the key `tests`, which need not be there
  static Map<String, String> env(Section step) {
    Map<String, String> env = new LinkedHashMap<>();
    if (!step.has("tests")) {
      return env;
    }
    Section section = step.section("tests");
    List<String> results = section.texts("results", List.of());
    int retries = section.number("retries", 0, 0, RETRIES);
    List<String> quarantine = section.texts("quarantine", List.of());
    section.close();
    if (results.isEmpty()) {
      throw section.error(
          null,
          "has no `results`",
          "Name the JUnit XML files that the tests write, such as [reports/**/*.xml].");
    }
    env.put(ShardTool.RESULTS, String.join("\n", results));
    if (retries > 0) {
      env.put(ShardTool.RETRIES, String.valueOf(retries));
    }
    if (!quarantine.isEmpty()) {
      env.put(ShardTool.QUARANTINE, String.join("\n", quarantine));
    }
    return env;
  }
}
