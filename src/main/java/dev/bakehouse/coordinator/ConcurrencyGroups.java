package dev.bakehouse.coordinator;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// Queues of jobs that may not all run at once
/// (https://buildkite.com/docs/pipelines/configure/workflows/controlling-concurrency). A job keeps
/// its place from the moment it is made, also while other steps hold it up, and another attempt has
/// that of the first: what depends on it stands behind it. Behind a `block` it has none yet.
final class ConcurrencyGroups {
  private record Queued(String id, JobState state, boolean eager, int limit) {
    boolean waits() {
      return state == JobState.LIMITED || state == JobState.WAITING;
    }
  }

  private ConcurrencyGroups() {}

  /// Lets go what may run of the groups that a build has jobs in.
  static void release(Transaction tx, String build) throws SQLException {
    for (String group : of(tx, build)) {
      queue(tx, group);
    }
  }

  static List<String> of(Transaction tx, String build) throws SQLException {
    return tx.list(
        "SELECT DISTINCT concurrency_group FROM jobs WHERE build=? AND concurrency_group IS NOT"
            + " NULL",
        row -> row.getString(1),
        build);
  }

  /// Jobs that hold up a limited one: those that have the group's places, and unless it is eager
  /// those that come before it, whatever they wait for.
  static List<String> before(Transaction tx, Job job) throws SQLException {
    List<Queued> queue = all(tx, String.valueOf(job.group()));
    List<String> before = new ArrayList<>();
    boolean behind = false;
    for (Queued other : queue) {
      behind |= other.id.equals(job.id());
      if (!other.waits() || (!behind && !job.eager())) {
        before.add(other.id);
      }
    }
    return before;
  }

  /// Lets go what may run of one group, in all builds.
  static void queue(Transaction tx, String group) throws SQLException {
    List<Queued> queue = all(tx, group);
    long holding = queue.stream().filter(job -> !job.waits()).count();
    long ahead = 0;
    for (Queued job : queue) {
      boolean room = holding + (job.eager ? 0 : ahead) < job.limit;
      if (job.state == JobState.LIMITED && room) {
        tx.update("UPDATE jobs SET state='scheduled', runnable=? WHERE id=?", Core.now(), job.id);
        holding++;
      } else if (job.waits()) {
        ahead++;
      }
    }
  }

  private static List<Queued> all(Transaction tx, String group) throws SQLException {
    return tx.list(
        "SELECT id, state, eager, concurrency FROM jobs WHERE concurrency_group=? AND state IN"
            + " ('waiting','limited','scheduled',"
            + JobState.BUSY
            + ") ORDER BY iif(eager, -priority, 0), scheduled, iif(retry_count=0, seq,"
            + " (SELECT first.seq FROM jobs first WHERE first.step=jobs.step AND"
            + " first.parallel IS jobs.parallel AND first.matrix=jobs.matrix AND"
            + " first.retry_count=0))",
        row ->
            new Queued(
                row.getString(1), JobState.of(row.getString(2)), row.getBoolean(3), row.getInt(4)),
        group);
  }
}
