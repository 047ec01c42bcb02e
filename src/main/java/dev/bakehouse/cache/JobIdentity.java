package dev.bakehouse.cache;

import dev.bakehouse.platform.BuiltRef;
import dev.bakehouse.platform.GitAddress;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// Which job this is, as the coordinator tells it in `BUILDKITE_*`; never from flags or the
/// repository.
///
/// @param pipeline `slug`, or `organization.slug`
/// @param branch as the coordinator names it
/// @param pull the pull request, if the build is one
/// @param fork the pull request comes from another repository
/// @param certain see [BuiltRef]
/// @param baseBranch what the pull request wants to be merged into, or empty
/// @param defaultBranch of the pipeline
/// @param step with the job's place among those of a parallel one
public record JobIdentity(
    String pipeline,
    String branch,
    OptionalInt pull,
    boolean fork,
    boolean certain,
    String baseBranch,
    String defaultBranch,
    String buildId,
    String commit,
    Step step) {

  /// Whether an environment is that of a job.
  public static boolean inJob(Map<String, String> env) {
    return !env.getOrDefault("BUILDKITE_JOB_ID", "").isEmpty();
  }

  public static JobIdentity of(Map<String, String> env) {
    String organization = env.getOrDefault("BUILDKITE_ORGANIZATION_SLUG", "");
    String slug = env.getOrDefault("BUILDKITE_PIPELINE_SLUG", "");
    String branch = env.getOrDefault("BUILDKITE_BRANCH", "");
    OptionalInt pull = pull(env.getOrDefault("BUILDKITE_PULL_REQUEST", "false"));
    return new JobIdentity(
        organization.isEmpty() ? slug : organization + "." + slug,
        branch,
        pull,
        pull.isPresent() && (pull.getAsInt() == 0 || isFork(branch, env)),
        BuiltRef.certain(env),
        env.getOrDefault("BUILDKITE_PULL_REQUEST_BASE_BRANCH", ""),
        filled(env.get("BUILDKITE_PIPELINE_DEFAULT_BRANCH"), "main"),
        env.getOrDefault("BUILDKITE_BUILD_ID", ""),
        env.getOrDefault("BUILDKITE_COMMIT", ""),
        Step.of(env));
  }

  /// Buildkite can prefix a fork's branch with its owner and `:`, which no branch name holds.
  private static boolean isFork(String branch, Map<String, String> env) {
    String theirs = env.getOrDefault("BUILDKITE_PULL_REQUEST_REPO", "");
    String ours = env.getOrDefault("BUILDKITE_REPO", "");
    return branch.indexOf(':') >= 0
        || (!theirs.isEmpty() && !GitAddress.place(theirs).equals(GitAddress.place(ours)));
  }

  /// A word that is neither a number nor says that there is none is 0: some pull request, which
  /// only reads.
  private static OptionalInt pull(String text) {
    if (text.isEmpty() || text.equals("false")) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(text.matches("[1-9][0-9]{0,8}") ? Integer.parseInt(text) : 0);
  }

  private static String filled(@Nullable String text, String fallback) {
    return text == null || text.isEmpty() ? fallback : text;
  }
}
