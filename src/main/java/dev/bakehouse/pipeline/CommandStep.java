package dev.bakehouse.pipeline;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A step that becomes one job, or `parallelism` jobs.
///
/// @param command lines joined by a newline; may be empty when hooks do the work
/// @param agents empty: the pipeline's hold
/// @param parallelism empty: one job without a number; 1 is one job numbered 0 of 1
/// @param timeout of each job, from its start
/// @param skip the step counts as done without running
/// @param priority higher runs first
/// @param source the step as it was written, as JSON
public record CommandStep(
    Optional<String> key,
    Optional<String> label,
    String command,
    Optional<List<Dependency>> dependsOn,
    boolean allowDependencyFailure,
    Map<String, String> agents,
    Optional<Integer> parallelism,
    Map<String, String> env,
    List<String> artifactPaths,
    List<RetryRule> retries,
    SoftFail softFail,
    Optional<Duration> timeout,
    boolean skip,
    int priority,
    String source)
    implements Step {
  public CommandStep {
    dependsOn = dependsOn.map(List::copyOf);
    agents = Map.copyOf(agents);
    env = Map.copyOf(env);
    artifactPaths = List.copyOf(artifactPaths);
    retries = List.copyOf(retries);
  }

  @Override
  public String title() {
    return "step `" + key.or(() -> label).orElse(command.lines().findFirst().orElse("")) + "`";
  }

  /// Reads back what [#source] gave.
  public static CommandStep parse(String source) {
    return CommandReader.read(YamlTree.parse("a stored step", source), 0);
  }
}
