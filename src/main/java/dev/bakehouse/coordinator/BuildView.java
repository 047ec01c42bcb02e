package dev.bakehouse.coordinator;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A build with all its jobs, every attempt, in the order of the pipeline. Times are milliseconds
/// since 1970.
///
/// @param state as Buildkite's REST API names it; while the build is blocked, what its block step
///   says
/// @param blocked it waits for a person, and nothing of it runs
public record BuildView(
    String id,
    int number,
    String pipeline,
    String state,
    String commit,
    String branch,
    String message,
    String source,
    String repository,
    Map<String, String> env,
    Map<String, String> metaData,
    long created,
    @Nullable Long started,
    @Nullable Long finished,
    List<JobView> jobs,
    boolean blocked) {
  public BuildView {
    env = Map.copyOf(env);
    metaData = Map.copyOf(metaData);
    jobs = List.copyOf(jobs);
  }

  public boolean ended() {
    return finished != null;
  }

  public boolean passed() {
    return ended() && state.equals("passed");
  }
}
