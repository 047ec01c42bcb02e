package dev.bakehouse.coordinator;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One attempt at one command step (or at one of its parallel parts). Times are milliseconds since
/// 1970.
///
/// @param retriedIn the next attempt, when there is one
/// @param agents what an agent must have
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
    boolean softFailed) {

  /// Its step may count as done well.
  boolean good() {
    return state == JobState.PASSED || state == JobState.SKIPPED || softFailed;
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

  static List<Job> ofAgent(Transaction tx, String agent) throws SQLException {
    return tx.list(
        "SELECT * FROM jobs WHERE agent=? AND state IN"
            + " ('assigned','accepted','running','canceling','timing_out') ORDER BY seq",
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
        row.getBoolean("soft_failed"));
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
