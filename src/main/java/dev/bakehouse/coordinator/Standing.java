package dev.bakehouse.coordinator;

import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/// What the [Scheduler] knows of a job.
///
/// @param seq its row
/// @param latest no other attempt follows
/// @param promised it runs, and said that it will fail
record Standing(
    long seq,
    String id,
    Steps.Node step,
    JobState state,
    boolean softFailed,
    String type,
    @Nullable Long runnable,
    @Nullable Long started,
    @Nullable String group,
    boolean latest,
    boolean promised) {
  /// The third column is the build.
  static final String SELECT =
      "SELECT seq, id, build, step, state, soft_failed, type, runnable, started, concurrency_group,"
          + " retried_in IS NULL, promised IS NOT NULL AND finished IS NULL FROM jobs WHERE ";

  static Standing row(ResultSet row, Steps steps) throws SQLException {
    return new Standing(
        row.getLong(1),
        row.getString(2),
        steps.node(row.getString(4)),
        JobState.of(row.getString(5)),
        row.getBoolean(6),
        row.getString(7).intern(),
        time(row, 8),
        time(row, 9),
        row.getString(10),
        row.getBoolean(11),
        row.getBoolean(12));
  }

  /// Its step may count as done well.
  boolean good() {
    return state.good() || softFailed;
  }

  boolean failed() {
    return state.ended() && !good();
  }

  /// It is on its way: neither over nor waiting.
  boolean moves() {
    return !state.ended() && !state.waits();
  }

  /// Whether it may run is not decided yet.
  boolean undecided() {
    return state.waits() && runnable == null;
  }

  /// A person may answer it now.
  boolean unblockable() {
    return Job.unblockable(type, state, runnable);
  }

  private static @Nullable Long time(ResultSet row, int column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? null : value;
  }
}
