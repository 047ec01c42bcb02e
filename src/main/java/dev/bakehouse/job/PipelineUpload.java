package dev.bakehouse.job;

import dev.bakehouse.buildkite.AgentCommand;
import dev.bakehouse.pipeline.BuildFacts;
import dev.bakehouse.pipeline.Generate;
import dev.bakehouse.pipeline.GeneratedPipeline;
import dev.bakehouse.pipeline.PipelineConfig;
import dev.bakehouse.platform.UserError;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Adds the generated steps to the build of the job that does it, by what is known of that build:
/// its commit message, whether it is a fork's, and what people answered to its input step.
public final class PipelineUpload {
  private static final Duration DEADLINE = Duration.ofMinutes(5);

  private PipelineUpload() {}

  /// @param text what the agent said, or that the commit wants nothing built
  /// @param begun targets whose status on the commit is now pending
  public record Uploaded(String text, List<String> begun) {}

  /// @param env the job's
  /// @param any whether the targets may still be those that people chose in the input step
  /// @param pin only what comes after the image step, bound to the host of the job's agent
  /// @return what was done
  /// @throws UserError when there is nothing to generate, the answers can not be read, or the agent
  ///   refuses
  public static Uploaded run(
      PipelineConfig config, boolean any, boolean pin, Map<String, String> env) {
    PipelineConfig wanted = config;
    BuildFacts facts = BuildFacts.of(env);
    if (facts.asked()) {
      facts = facts.with(answers(env, BuildFacts.OPTIONS_KEY));
      List<String> chosen = any ? answers(env, BuildFacts.TARGETS_KEY) : List.of();
      wanted = chosen.isEmpty() ? config : config.only(chosen);
    }
    GeneratedPipeline pipeline =
        pin ? Generate.pinned(wanted, facts) : Generate.pipeline(wanted, facts);
    if (pipeline.steps().isEmpty()) {
      return new Uploaded("The commit message asks for no build: nothing is uploaded.", List.of());
    }
    // A `$` in a command is the guest's to expand, not the agent's.
    String said =
        AgentCommand.of(env, "pipeline", "upload", "--no-interpolation")
            .input(pipeline.json().getBytes(StandardCharsets.UTF_8))
            .merged()
            .deadline(DEADLINE)
            .check()
            .text();
    boolean told = wanted.commitStatus() && !pin;
    return new Uploaded(
        said,
        told ? pipeline.groups().stream().map(GeneratedPipeline.Group::key).toList() : List.of());
  }

  /// What people chose, one word a line in the build's meta-data.
  private static List<String> answers(Map<String, String> env, String key) {
    String text =
        AgentCommand.of(env, "meta-data", "get", key, "--default", "")
            .deadline(DEADLINE)
            .check()
            .text();
    return text.lines().map(String::strip).filter(word -> !word.isEmpty()).toList();
  }
}
