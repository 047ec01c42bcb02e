package dev.bakehouse.buildkite;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Which builds of a pipeline, newest first; null means any.
///
/// @param state for example `passed`, `running`, `finished`
/// @param most at most so many
public record BuildQuery(
    @Nullable String branch, @Nullable String state, @Nullable String commit, int most) {
  Map<String, String> parameters() {
    Map<String, String> all = new LinkedHashMap<>();
    if (branch != null) {
      all.put("branch", branch);
    }
    if (state != null) {
      all.put("state", state);
    }
    if (commit != null) {
      all.put("commit", commit);
    }
    all.put("per_page", String.valueOf(Math.clamp(most, 1, 100)));
    return all;
  }
}
