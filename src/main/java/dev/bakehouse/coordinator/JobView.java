package dev.bakehouse.coordinator;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A job as others see it. Times are milliseconds since 1970.
///
/// @param exitStatus as the agent reported it; null while it runs or when it never ran
/// @param retried a later attempt exists
/// @param agent name of the agent
/// @param type `script`, `manual` (of a block or input step) or `trigger`
/// @param matrix the values of its combination
/// @param reason why it did not run, or failed without running
/// @param triggered the build it made
/// @param unblockable a person may answer it now
/// @param unblocker who answered
/// @param phases what the job's launcher published of itself: build meta-data `bakehouse:job:ID`
public record JobView(
    String id,
    @Nullable String key,
    @Nullable String label,
    String command,
    @Nullable Integer parallel,
    @Nullable Integer parallelCount,
    JobState state,
    @Nullable String exitStatus,
    @Nullable String signal,
    @Nullable String signalReason,
    boolean softFailed,
    int retryCount,
    boolean retried,
    @Nullable String retriedIn,
    @Nullable String agentId,
    @Nullable String agent,
    Map<String, String> agents,
    long created,
    @Nullable Long runnable,
    @Nullable Long started,
    @Nullable Long finished,
    @Nullable String phases,
    String type,
    Map<String, String> matrix,
    @Nullable String reason,
    @Nullable Triggered triggered,
    boolean unblockable,
    @Nullable String unblocker,
    int priority) {
  /// A build that a `trigger` job made.
  public record Triggered(String id, String pipeline, int number) {}

  /// From start to end, or to now.
  public double seconds() {
    if (started == null) {
      return 0;
    }
    return ((finished == null ? Core.now() : finished) - started) / 1000.0;
  }

  /// What to call it on a screen.
  public String title() {
    String name =
        key != null ? key : label != null ? label : command.lines().findFirst().orElse("");
    return parallelCount == null
        ? name
        : name + " " + (parallel == null ? 0 : parallel + 1) + "/" + parallelCount;
  }
}
