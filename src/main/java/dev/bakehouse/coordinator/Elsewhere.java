package dev.bakehouse.coordinator;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// A job whose machinery failed on a host is left to others for a while. A broken host is the one
/// that is always free: it would take the job again until no attempt is left.
final class Elsewhere {
  private static final long LEFT_MILLIS = Duration.ofMinutes(5).toMillis();

  private Elsewhere() {}

  private record Attempt(Agent agent, Lifecycle.End end) {
    static Attempt row(ResultSet row) throws SQLException {
      return new Attempt(
          Agent.row(row),
          new Lifecycle.End(
              row.getString("exit_status"),
              row.getString("signal"),
              row.getString("signal_reason")));
    }
  }

  /// @param fits whether an agent has what the job asks for
  static boolean left(Transaction tx, Job job, Agent agent, Predicate<Agent> fits)
      throws SQLException {
    Set<String> failed = failed(tx, job);
    return failed.contains(agent.machine()) && others(tx, failed, fits);
  }

  /// The machines whose agents are not given a job now.
  static Set<String> from(Transaction tx, Job job, Predicate<Agent> fits) throws SQLException {
    Set<String> failed = failed(tx, job);
    return !failed.isEmpty() && others(tx, failed, fits) ? failed : Set.of();
  }

  private static boolean others(Transaction tx, Set<String> failed, Predicate<Agent> fits)
      throws SQLException {
    return tx.list("SELECT * FROM agents WHERE " + Agent.WORKS, Agent::row).stream()
        .anyMatch(other -> !failed.contains(other.machine()) && fits.test(other));
  }

  private static Set<String> failed(Transaction tx, Job job) throws SQLException {
    Long since = job.runnable();
    if (job.retryCount() == 0 || since == null || Core.now() - since > LEFT_MILLIS) {
      return Set.of();
    }
    return tx
        .list(
            "SELECT a.*, exit_status, signal, signal_reason FROM jobs JOIN agents AS a ON"
                + " a.id=jobs.agent WHERE step=? AND parallel IS ? AND matrix=? AND retried_in"
                + " IS NOT NULL AND exit_status IS NOT NULL ORDER BY jobs.seq DESC LIMIT 20",
            Attempt::row,
            job.step(),
            job.parallel(),
            Json.text(job.matrix()))
        .stream()
        .filter(attempt -> attempt.end.infrastructure())
        .map(attempt -> attempt.agent.machine())
        .collect(Collectors.toSet());
  }
}
