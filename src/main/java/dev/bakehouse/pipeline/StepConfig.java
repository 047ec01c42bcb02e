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
/// @param inputs what its products depend on; empty when passed builds are not to be taken over
public record StepConfig(
    StepKind kind,
    String command,
    List<String> artifacts,
    int timeout,
    int parallelism,
    Map<String, String> env,
    List<String> inputs) {
  /// The variable by which a step tells hosts its inputs, white space between them.
  public static final String INPUTS = "BAKEHOUSE_INPUTS";

  private static final int LONGEST = 24 * 60;
  private static final int MOST_JOBS = 100;

  /// @param reuse whether passed builds may be taken over
  static StepConfig read(StepKind kind, Section section, boolean reuse) {
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
            env,
            reuse ? inputs(kind, section) : List.of());
    section.has("inputs");
    section.close();
    return step;
  }

  private static List<String> inputs(StepKind kind, Section section) {
    List<String> inputs = section.texts("inputs", List.of());
    if (!inputs.isEmpty() && !kind.after().isEmpty()) {
      throw section.error(
          "inputs",
          "are not all that goes into this step: it takes what others made",
          "Declare them for vendor, cpp and zig.");
    }
    for (String input : inputs) {
      if (!input.matches("[^\\s/]\\S*") || input.contains("..")) {
        throw section.error(
            "inputs",
            "has `" + input + "`",
            "Write patterns of paths in the repository such as `src/**`, with `?` for a space,"
                + " `!docs/**` for what is none, and `env:NAME` for a variable.");
      }
    }
    return inputs;
  }
}
