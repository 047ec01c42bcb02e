package dev.bakehouse.cli;

import dev.bakehouse.cache.PassedBuilds;
import dev.bakehouse.platform.UserError;
import java.util.Map;

/// The builds of the pipeline that a job belongs to.
final class JobBuilds {
  private JobBuilds() {}

  /// @param env the job's environment
  static PassedBuilds of(Map<String, String> env) {
    return (branch, limit) -> {
      throw new UserError(
          "the builds of "
              + env.getOrDefault("BUILDKITE_PIPELINE_SLUG", "the pipeline")
              + " can not be asked from here",
          "Let `bakehouse job bootstrap` restore the caches.");
    };
  }
}
