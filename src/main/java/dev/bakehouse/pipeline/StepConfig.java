package dev.bakehouse.pipeline;

import dev.bakehouse.config.Section;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One kind of step, the same for every target.
///
/// @param artifacts glob patterns of what the agent uploads
/// @param timeout minutes
/// @param parallelism how many jobs share the step's work
/// @param env the kind's own variables and the configured ones
public record StepConfig(
    StepKind kind,
    String command,
    List<String> artifacts,
    int timeout,
    int parallelism,
    Map<String, String> env) {
  private static final int LONGEST = 24 * 60;
  private static final int MOST_JOBS = 100;

  static StepConfig read(StepKind kind, Section section) {
    String command =
        section
            .text("command")
            .filter(text -> !text.isBlank())
            .orElseThrow(
                () ->
                    section.error(
                        null, "has no `command`", "Write the command line that does this step."));
    Map<String, String> env = new LinkedHashMap<>(kind.env());
    if (kind == StepKind.TEST) {
      env.putAll(TestsConfig.env(section));
    }
    env.putAll(section.map("env"));
    StepConfig step =
        new StepConfig(
            kind,
            command,
            section.texts("artifacts", List.of()),
            section.number("timeout", kind.timeout(), 1, LONGEST),
            section.number("parallelism", kind.parallelism(), 1, MOST_JOBS),
            env);
    section.close();
    return step;
  }
}
