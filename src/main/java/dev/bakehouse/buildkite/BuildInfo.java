package dev.bakehouse.buildkite;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A build as the REST API tells it; times are ISO texts.
///
/// @param tag what was built, when it was no branch; `branch` is its name then too
/// @param number 0 when the answer has none
public record BuildInfo(
    String id,
    int number,
    String state,
    @Nullable String message,
    String commit,
    String branch,
    @Nullable String tag,
    @Nullable String source,
    @Nullable String url,
    @Nullable String webUrl,
    @Nullable String createdAt,
    @Nullable String startedAt,
    @Nullable String finishedAt,
    @Nullable Map<String, String> metaData,
    @Nullable PullRequest pullRequest,
    @Nullable PipelineRef pipeline,
    List<JobInfo> jobs) {
  private static final Set<String> ENDED =
      Set.of("passed", "failed", "canceled", "skipped", "not_run");

  @SuppressWarnings("NullAway") // The wire may leave the list out.
  public BuildInfo {
    jobs = jobs == null ? List.of() : jobs.stream().filter(Objects::nonNull).toList();
  }

  /// A build behind a `block` is called passed or failed too, and goes on when that is answered.
  public boolean ended() {
    return ENDED.contains(state) && (finishedAt != null || state.equals("skipped"));
  }

  /// The state for people, who take one that waits for an answer for one that has ended otherwise.
  public String shownState() {
    return ENDED.contains(state) && !ended() ? state + ", blocked" : state;
  }

  /// A pipeline, by its name in URLs.
  public record PipelineRef(@Nullable String slug) {}

  /// The pull request a build was made for; without an id there is none.
  ///
  /// @param id its number
  /// @param base the branch it wants to be merged into
  /// @param repository where its commits come from
  public record PullRequest(
      @Nullable String id, @Nullable String base, @Nullable String repository) {}
}
