package dev.bakehouse.cache;

import java.util.Set;

/// Why a source was not taken, or a step got no cache. The order tells which of several reasons
/// explains a miss best.
public enum Reason {
  NO_PERMISSION(
      "no permission",
      "Check the token in `api.token-file` (it needs to read builds) and who may read the store."),
  UNREACHABLE("not reachable", "Check that the coordinator and the store answer."),
  DAMAGED("damaged", "See what is wrong: bakehouse cache verify. The next build saves it anew."),
  RUNNING("still running", "It becomes a source when it passes."),
  NOT_PASSED("not passed", "Only passed builds are sources; mend the build."),
  STEP_NOT_PASSED("a cache step did not pass", "Mend the step, or take it out of `cache.steps`."),
  NOT_SAVED(
      "nothing saved",
      "Was it read-only, or its step none of `cache.steps`? What it has: bakehouse cache list."),
  ENOUGH_SEEN("not looked at", "Nothing to do: a search looks at a few builds only."),
  THIS_BUILD("this build", "Nothing to do: a build is never its own source."),
  NONE_FOUND("none found", "Nothing to do: the first build that passes saves its caches."),
  DISABLED("disabled", "Unset CACHE_STRATEGY and BUILDKITE_CACHE to use caches.");

  /// Buildkite's words for a build that has not ended.
  private static final Set<String> UNENDED =
      Set.of(
          "creating",
          "scheduled",
          "waiting",
          "running",
          "started",
          "failing",
          "canceling",
          "blocked");

  private final String word;
  private final String remedy;

  Reason(String word, String remedy) {
    this.word = word;
    this.remedy = remedy;
  }

  /// Of a build that is not passed.
  static Reason ofState(String state) {
    return UNENDED.contains(state) ? RUNNING : NOT_PASSED;
  }

  /// What to do next, one sentence.
  public String remedy() {
    return remedy;
  }

  @Override
  public String toString() {
    return word;
  }
}
