package dev.bakehouse.buildkite;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A build as the REST API tells it; times are ISO texts.
///
/// @param number 0 when the answer has none
public record BuildInfo(
    String id,
    int number,
    String state,
    @Nullable String message,
    String commit,
    String branch,
    @Nullable String webUrl,
    @Nullable String createdAt,
    @Nullable String startedAt,
    @Nullable String finishedAt,
    @Nullable Map<String, String> metaData,
    @Nullable PullRequest pullRequest,
    List<JobInfo> jobs) {
  private static final Set<String> ENDED =
      Set.of("passed", "failed", "canceled", "skipped", "not_run");

  @SuppressWarnings("NullAway") // The wire may leave the list out.
  public BuildInfo {
    jobs = jobs == null ? List.of() : jobs.stream().filter(Objects::nonNull).toList();
  }

  public boolean ended() {
    return ENDED.contains(state);
  }

  /// A job of a build; waits and blocks are jobs too, without most of this.
  public record JobInfo(
      @Nullable String id,
      @Nullable String type,
      @Nullable String name,
      @Nullable String stepKey,
      @Nullable String command,
      @Nullable String state,
      @Nullable Integer exitStatus,
      @Nullable Boolean softFailed,
      @Nullable Boolean retried,
      @Nullable Integer parallelGroupIndex,
      @Nullable AgentRef agent,
      @Nullable String startedAt,
      @Nullable String finishedAt) {
    /// How long it ran; zero when it did not run to an end.
    public Duration time() {
      return startedAt == null || finishedAt == null
          ? Duration.ZERO
          : Duration.between(Instant.parse(startedAt), Instant.parse(finishedAt));
    }
  }

  /// The pull request a build was made for; without an id there is none.
  ///
  /// @param id its number
  /// @param base the branch it wants to be merged into
  /// @param repository where its commits come from
  public record PullRequest(
      @Nullable String id, @Nullable String base, @Nullable String repository) {}

  public record AgentRef(@Nullable String id, @Nullable String name) {}
}
