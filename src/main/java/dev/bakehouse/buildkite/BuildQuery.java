package dev.bakehouse.buildkite;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Which builds, newest first; null and empty mean any.
///
/// @param states for example `passed`, `running`, `finished`
/// @param createdFrom ISO time, inclusive
/// @param createdTo ISO time, exclusive
/// @param withJobs whether their jobs are told, the last attempt of each
/// @param most at most so many
public record BuildQuery(
    @Nullable String branch,
    List<String> states,
    @Nullable String commit,
    @Nullable String createdFrom,
    @Nullable String createdTo,
    boolean withJobs,
    int most) {
  public BuildQuery {
    states = List.copyOf(states);
  }

  public BuildQuery(
      @Nullable String branch, @Nullable String state, @Nullable String commit, int most) {
    this(branch, state == null ? List.of() : List.of(state), commit, null, null, true, most);
  }

  /// Builds in one of these states.
  public static BuildQuery in(List<String> states, int most) {
    return new BuildQuery(null, states, null, null, null, true, most);
  }

  /// The same builds without their jobs, which is less to ask for.
  public BuildQuery bare() {
    return new BuildQuery(branch, states, commit, createdFrom, createdTo, false, most);
  }

  List<Map.Entry<String, String>> parameters() {
    List<Map.Entry<String, String>> all = new ArrayList<>();
    add(all, "branch", branch);
    String name = states.size() == 1 ? "state" : "state[]";
    states.forEach(state -> add(all, name, state));
    add(all, "commit", commit);
    add(all, "created_from", createdFrom);
    add(all, "created_to", createdTo);
    add(all, "exclude_jobs", withJobs ? null : "true");
    add(all, "per_page", String.valueOf(Math.clamp(most, 1, 100)));
    return all;
  }

  private static void add(
      List<Map.Entry<String, String>> all, String name, @Nullable String value) {
    if (value != null) {
      all.add(Map.entry(name, value));
    }
  }
}
