package dev.bakehouse.coordinator;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One attempt at one step, at one of its parallel parts or at one combination of its matrix. Times
/// are milliseconds since 1970.
///
/// @param type `script`, `manual` (of a block or input step) or `trigger`
/// @param retriedIn the next attempt, when there is one
/// @param agents what an agent must have
/// @param runnable when nothing it depends on held it up any more
/// @param matrix the values of its combination
/// @param scheduled when its build, or the job that uploaded it, was made: older ones go first
/// @param group its concurrency group
/// @param limit how many jobs of the group may be under way at once
/// @param reason why it did not run, or failed without running
/// @param triggered the build it made
/// @param unblocker who answered
record Job(
    String id,
    String build,
    String step,
    @Nullable Integer parallel,
    @Nullable Integer parallelCount,
    int retryCount,
    @Nullable Integer retryRule,
    @Nullable String retriedIn,
    JobState state,
    @Nullable String agent,
    Map<String, String> agents,
    int priority,
    long created,
    @Nullable Long runnable,
    @Nullable Long assigned,
    @Nullable Long started,
    @Nullable Long finished,
    @Nullable Long deadline,
    @Nullable String exitStatus,
    @Nullable String signal,
    @Nullable String signalReason,
    boolean softFailed,
    String type,
    Map<String, String> matrix,
    long scheduled,
    @Nullable String group,
    int limit,
    boolean eager,
    @Nullable String reason,
    @Nullable String triggered,
    @Nullable String unblocker) {
  static final String SCRIPT = "script";
  static final String MANUAL = "manual";
  static final String TRIGGER = "trigger";

  /// Its step may count as done well.
  boolean good() {
    return state.good() || softFailed;
  }

  /// A person may answer it now.
  boolean unblockable() {
    return unblockable(type, state, runnable);
  }

  static boolean unblockable(String type, JobState state, @Nullable Long runnable) {
    return type.equals(MANUAL) && state == JobState.BLOCKED && runnable != null;
  }

  static Optional<Job> find(Transaction tx, String id) throws SQLException {
    return tx.one("SELECT * FROM jobs WHERE id=?", Job::row, id);
  }

  static Job get(Transaction tx, String id) throws SQLException {
    return find(tx, id).orElseThrow(() -> HttpError.notFound("Job " + id));
  }

  /// Every attempt, in the order they were made.
  static List<Job> ofBuild(Transaction tx, String build) throws SQLException {
    return tx.list("SELECT * FROM jobs WHERE build=? ORDER BY seq", Job::row, build);
  }

  /// Every attempt at a step, in the order they were made.
  static List<Job> ofStep(Transaction tx, String step) throws SQLException {
    return tx.list("SELECT * FROM jobs WHERE step=? ORDER BY seq", Job::row, step);
  }

  /// Makes the next attempt at the same work, before [#retriedIn] of this one names it.
  ///
  /// @param rule the retry rule that asks for it; null: a person does
  static void again(Transaction tx, Job job, String id, @Nullable Integer rule)
      throws SQLException {
    tx.update(
        "INSERT INTO jobs (id, retry_count, retry_rule, state, created, runnable, soft_failed,"
            + " build, step, parallel, parallel_count, agents, priority, type, matrix, scheduled,"
            + " concurrency_group, concurrency, eager)"
            + " SELECT ?, retry_count+1, ?, iif(concurrency_group IS NULL, 'scheduled', 'limited'),"
            + " ?, ?, 0, build, step, parallel, parallel_count, agents, priority, type, matrix,"
            + " scheduled, concurrency_group, concurrency, eager FROM jobs WHERE id=?",
        id,
        rule,
        Core.now(),
        Core.now(),
        job.id);
  }

  static List<Job> ofAgent(Transaction tx, String agent) throws SQLException {
    return tx.list(
        "SELECT * FROM jobs WHERE agent=? AND state IN (" + JobState.BUSY + ") ORDER BY seq",
        Job::row,
        agent);
  }

  static Job row(ResultSet row) throws SQLException {
    return new Job(
        row.getString("id"),
        row.getString("build"),
        row.getString("step"),
        number(row, "parallel"),
        number(row, "parallel_count"),
        row.getInt("retry_count"),
        number(row, "retry_rule"),
        row.getString("retried_in"),
        JobState.of(row.getString("state")),
        row.getString("agent"),
        Json.map(row.getString("agents")),
        row.getInt("priority"),
        row.getLong("created"),
        time(row, "runnable"),
        time(row, "assigned"),
        time(row, "started"),
        time(row, "finished"),
        time(row, "deadline"),
        row.getString("exit_status"),
        row.getString("signal"),
        row.getString("signal_reason"),
        row.getBoolean("soft_failed"),
        row.getString("type"),
        Json.map(row.getString("matrix")),
        row.getLong("scheduled"),
        row.getString("concurrency_group"),
        row.getInt("concurrency"),
        row.getBoolean("eager"),
        row.getString("reason"),
        row.getString("triggered"),
        row.getString("unblocker"));
  }

  static @Nullable Long time(ResultSet row, String name) throws SQLException {
    long value = row.getLong(name);
    return row.wasNull() ? null : value;
  }

  private static @Nullable Integer number(ResultSet row, String name) throws SQLException {
    int value = row.getInt(name);
    return row.wasNull() ? null : value;
  }
}
