package dev.bakehouse.pipeline;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A step that becomes one job, `parallelism` jobs, or one for each combination of its matrix.
///
/// @param command lines joined by a newline; may be empty when hooks or plugins do the work
/// @param agents empty: the pipeline's hold
/// @param parallelism empty: one job without a number; 1 is one job numbered 0 of 1
/// @param matrix empty: none
/// @param timeout of each job, from its start
/// @param priority higher runs first; absent: the pipeline's holds
/// @param cancelOnBuildFailing its jobs are cancelled when another job fails the build
/// @param plugins a JSON list as the agent takes it
/// @param source the step as it was written, as JSON
public record CommandStep(
    StepBase base,
    String command,
    Map<String, String> agents,
    Optional<Integer> parallelism,
    List<Combination> matrix,
    Map<String, String> env,
    List<String> artifactPaths,
    List<RetryRule> retries,
    ManualRetry manualRetry,
    SoftFail softFail,
    Optional<Duration> timeout,
    Optional<Integer> priority,
    Optional<Concurrency> concurrency,
    boolean cancelOnBuildFailing,
    Optional<String> plugins,
    String source)
    implements Step {
  public CommandStep {
    agents = Map.copyOf(agents);
    matrix = List.copyOf(matrix);
    env = Map.copyOf(env);
    artifactPaths = List.copyOf(artifactPaths);
    retries = List.copyOf(retries);
  }

  @Override
  public String title() {
    return "step `" + key().or(base::label).orElse(command.lines().findFirst().orElse("")) + "`";
  }

  /// Which failures of a job do not matter.
  ///
  /// @param selection of the job, as [Combination#values]; empty without a matrix
  public SoftFail softFail(Map<String, String> selection) {
    return matrix.stream()
        .filter(one -> one.values().equals(selection))
        .flatMap(one -> one.softFail().stream())
        .findFirst()
        .orElse(softFail);
  }
}
