package dev.bakehouse.coordinator;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The pull request a build was made for, as it stands in the build's environment.
///
/// @param id its number
/// @param base the branch it wants to be merged into, or empty
/// @param repository where its commits come from, or empty
record PullRequest(String id, String base, String repository) {
  private static final String ID = "BUILDKITE_PULL_REQUEST";
  private static final String BASE = "BUILDKITE_PULL_REQUEST_BASE_BRANCH";
  private static final String REPOSITORY = "BUILDKITE_PULL_REQUEST_REPO";

  /// @return null when the build is of a branch
  static @Nullable PullRequest of(Map<String, String> env) {
    String id = env.getOrDefault(ID, "false");
    return id.isEmpty() || id.equals("false")
        ? null
        : new PullRequest(id, env.getOrDefault(BASE, ""), env.getOrDefault(REPOSITORY, ""));
  }

  /// What a job is told, whether there is one or not: no step can change it.
  static Map<String, String> variables(@Nullable PullRequest pull) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put(ID, pull == null ? "false" : pull.id);
    all.put(BASE, pull == null ? "" : pull.base);
    all.put(REPOSITORY, pull == null ? "" : pull.repository);
    return all;
  }
}
