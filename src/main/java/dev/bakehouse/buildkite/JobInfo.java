package dev.bakehouse.buildkite;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A job of a build as the REST API tells it; waits and blocks are jobs too, without most of this.
/// Times are ISO texts.
///
/// @param type `script`, `waiter`, `manual`, `trigger`
/// @param agentQueryRules what an agent must have, `name=value`
/// @param reason why it did not run, or failed without running; the embedded coordinator tells that
/// @param runnableAt since when an agent may take it
/// @param buildUrl where the API tells its build
/// @param waitingFor what it waits for; the embedded coordinator tells that, Buildkite does not
/// @param leftToOthersBy hosts where its machinery failed and that leave it to others now; as above
public record JobInfo(
    @Nullable String id,
    @Nullable String type,
    @Nullable String name,
    @Nullable String stepKey,
    @Nullable String command,
    @Nullable String state,
    @Nullable Integer exitStatus,
    @Nullable String signalReason,
    @Nullable String reason,
    @Nullable Boolean softFailed,
    @Nullable Boolean retried,
    @Nullable String retriedInJobId,
    @Nullable Integer parallelGroupIndex,
    @Nullable Priority priority,
    List<String> agentQueryRules,
    @Nullable AgentInfo agent,
    @Nullable String buildUrl,
    @Nullable String webUrl,
    @Nullable String createdAt,
    @Nullable String runnableAt,
    @Nullable String startedAt,
    @Nullable String finishedAt,
    @Nullable List<JobInfo> waitingFor,
    List<String> leftToOthersBy) {
  @SuppressWarnings("NullAway") // The wire may leave the lists out.
  public JobInfo {
    agentQueryRules =
        agentQueryRules == null
            ? List.of()
            : agentQueryRules.stream().filter(Objects::nonNull).toList();
    leftToOthersBy = leftToOthersBy == null ? List.of() : List.copyOf(leftToOthersBy);
  }

  /// @param number higher ones run first
  public record Priority(@Nullable Integer number) {}

  /// How long it ran; zero when it did not run to an end.
  public Duration time() {
    return startedAt == null || finishedAt == null
        ? Duration.ZERO
        : Duration.between(Instant.parse(startedAt), Instant.parse(finishedAt));
  }

  /// What people call it.
  public String title() {
    String first = command == null ? "" : command.lines().findFirst().orElse("");
    String title = stepKey != null ? stepKey : name != null ? name : first;
    return parallelGroupIndex == null ? title : title + " " + (parallelGroupIndex + 1);
  }

  int rank() {
    return priority == null || priority.number() == null ? 0 : priority.number();
  }

  String since() {
    return runnableAt != null ? runnableAt : createdAt != null ? createdAt : "";
  }

  boolean is(String... states) {
    return state != null && List.of(states).contains(state);
  }
}
