package dev.bakehouse.pipeline;

import java.util.Map;
import java.util.Optional;

/// A step that starts builds of another pipeline.
///
/// @param pipeline its slug
/// @param async the step is done when they have started; else when they are over, and passes if
///   they did
/// @param message of the builds; absent: the step's label
/// @param commit absent: `HEAD`
/// @param branch absent: the other pipeline's main branch
public record TriggerStep(
    StepBase base,
    String pipeline,
    boolean async,
    Optional<String> message,
    Optional<String> commit,
    Optional<String> branch,
    Map<String, String> env,
    Map<String, String> metaData,
    boolean softFail,
    Optional<Integer> parallelism,
    String source)
    implements Step {
  public TriggerStep {
    env = Map.copyOf(env);
    metaData = Map.copyOf(metaData);
  }

  @Override
  public String title() {
    return "trigger `" + key().or(base::label).orElse(pipeline) + "`";
  }
}
