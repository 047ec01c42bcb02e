package dev.bakehouse.platform;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a build's variables say it is of.
public final class BuiltRef {
  public static final String TAG = "BUILDKITE_TAG";
  public static final String TRIGGERED_FROM = "BUILDKITE_TRIGGERED_FROM_BUILD_ID";

  /// The source of a build that another one triggers.
  public static final String TRIGGER = "trigger_job";

  private BuiltRef() {}

  /// Whether its commit and environment are for certain those of the branch or pull request it
  /// names. A tag's build has the tag's name for a branch; another build that triggers one chooses
  /// the branch, the commit and variables, which can make the branch's own commit do anything.
  public static boolean certain(Map<String, String> env) {
    return env.getOrDefault(TRIGGERED_FROM, "").isEmpty()
        && certain(env.get(TAG), env.get("BUILDKITE_SOURCE"));
  }

  /// The same of what the REST API tells.
  public static boolean certain(@Nullable String tag, @Nullable String source) {
    return (tag == null || tag.isEmpty()) && !TRIGGER.equals(source);
  }
}
