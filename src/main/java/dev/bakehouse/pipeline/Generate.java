package dev.bakehouse.pipeline;

import dev.bakehouse.pipeline.GeneratedPipeline.Automatic;
import dev.bakehouse.pipeline.GeneratedPipeline.Group;
import dev.bakehouse.pipeline.GeneratedPipeline.Manual;
import dev.bakehouse.pipeline.GeneratedPipeline.Retry;
import dev.bakehouse.pipeline.GeneratedPipeline.Step;
import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Makes a pipeline from its configuration: a group for every enabled target, in it (vendor, cpp
/// and zig side by side), then link, then tests, all after the image step when there is one.
public final class Generate {
  /// Tells a step's command which target it works for.
  static final String TARGET = "BAKEHOUSE_TARGET";

  private static final String IMAGE_SUFFIX = "image";

  /// Only a failure of the machinery is tried again: agents report it as -1 or 125.
  private static final Retry RETRY =
      new Retry(new Manual(true), List.of(new Automatic(-1, 2), new Automatic(125, 2)));

  private Generate() {}

  /// @throws UserError when no target is enabled: an empty pipeline would pass without a test
  public static GeneratedPipeline pipeline(PipelineConfig config) {
    List<Group> groups =
        config.targets().stream()
            .filter(TargetConfig::enabled)
            .map(target -> group(config, target))
            .toList();
    if (groups.isEmpty()) {
      throw new UserError(
          "Could not generate the pipeline: no target is enabled",
          "Set `enabled: true` for one below `pipeline.targets`.");
    }
    return new GeneratedPipeline(groups);
  }

  private static Group group(PipelineConfig config, TargetConfig target) {
    String key = target.target().key();
    List<Step> steps = new ArrayList<>();
    if (config.imageStep()) {
      steps.add(image(target));
    }
    for (StepConfig step : config.steps().values()) {
      steps.add(step(config, target, step));
    }
    return new Group(key, key, steps);
  }

  private static Step image(TargetConfig target) {
    return new Step(
        key(target, IMAGE_SUFFIX),
        label(target, IMAGE_SUFFIX),
        ImageStep.COMMAND,
        target.agents(),
        env(target, Map.of()),
        List.of(),
        List.of(),
        null,
        ImageStep.TIMEOUT,
        RETRY);
  }

  private static Step step(PipelineConfig config, TargetConfig target, StepConfig step) {
    String suffix = step.kind().suffix();
    return new Step(
        key(target, suffix),
        label(target, suffix),
        step.command(),
        target.agents(),
        env(target, step.env()),
        dependsOn(config, target, step.kind()),
        step.artifacts(),
        step.parallelism() == 1 ? null : step.parallelism(),
        step.timeout(),
        RETRY);
  }

  private static List<String> dependsOn(PipelineConfig config, TargetConfig target, StepKind kind) {
    List<String> keys = new ArrayList<>();
    if (config.imageStep()) {
      keys.add(key(target, IMAGE_SUFFIX));
    }
    for (StepKind before : kind.after()) {
      if (config.steps().containsKey(before)) {
        keys.add(key(target, before.suffix()));
      }
    }
    return keys;
  }

  private static Map<String, String> env(TargetConfig target, Map<String, String> own) {
    Map<String, String> env = new LinkedHashMap<>();
    env.put(TARGET, target.target().key());
    env.putAll(target.env());
    env.putAll(own);
    return env;
  }

  private static String key(TargetConfig target, String suffix) {
    return target.target().key() + "-" + suffix;
  }

  private static String label(TargetConfig target, String suffix) {
    return target.target().key() + " - " + suffix;
  }
}
