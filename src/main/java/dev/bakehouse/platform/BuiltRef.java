package dev.bakehouse.platform;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a build's variables say it is of.
public final class BuiltRef {
  private BuiltRef() {}

  /// Whether its commit and environment are for certain those of the branch or pull request it
  /// names. A tag's build has the tag's name for a branch; another build that triggers one chooses
  /// the branch, the commit and variables, which can make the branch's own commit do anything.
  public static boolean certain(Map<String, String> env) {
    return env.getOrDefault("BUILDKITE_TRIGGERED_FROM_BUILD_ID", "").isEmpty()
        && certain(env.get("BUILDKITE_TAG"), env.get("BUILDKITE_SOURCE"));
  }

  /// The same of what the REST API tells.
  public static boolean certain(@Nullable String tag, @Nullable String source) {
    return (tag == null || tag.isEmpty()) && !"trigger_job".equals(source);
  }
}
