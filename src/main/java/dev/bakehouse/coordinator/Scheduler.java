package dev.bakehouse.coordinator;

import java.sql.SQLException;
import java.util.List;

/// Moves a build on after something in it changed: which waiting jobs may run, which never will,
/// and what the build itself has come to.
final class Scheduler {
  void advance(Transaction tx, String build) throws SQLException {
    List<StepRow> steps = StepRow.ofBuild(tx, build);
    boolean changed = true;
    while (changed) {
      changed = false;
      List<Job> jobs = latest(tx, build);
      Readiness readiness = new Readiness(steps, jobs);
      for (Job job : jobs) {
        if (job.state() == JobState.WAITING) {
          changed |= decide(tx, job, readiness);
        }
      }
    }
    settle(tx, Build.get(tx, build), latest(tx, build));
  }

  /// @return whether the step's outcome changed, which may decide others
  private static boolean decide(Transaction tx, Job job, Readiness readiness) throws SQLException {
    return switch (readiness.of(job.step())) {
      case PENDING -> false;
      case GOOD -> {
        boolean skip = readiness.skipped(job.step());
        tx.update(
            "UPDATE jobs SET state=?, runnable=?, finished=? WHERE id=?",
            (skip ? JobState.SKIPPED : JobState.SCHEDULED).wire(),
            Core.now(),
            skip ? Core.now() : null,
            job.id());
        yield skip;
      }
      case BAD -> {
        tx.update(
            "UPDATE jobs SET state='waiting_failed', finished=? WHERE id=?", Core.now(), job.id());
        yield true;
      }
    };
  }

  private static void settle(Transaction tx, Build build, List<Job> jobs) throws SQLException {
    if (build.ended()) {
      return;
    }
    boolean over = jobs.stream().allMatch(job -> job.state().ended());
    boolean bad =
        jobs.stream().anyMatch(job -> job.state().ended() && !job.good())
            || Promises.any(tx, build.id());
    boolean begun = jobs.stream().anyMatch(job -> job.started() != null);
    String state;
    if (build.state().equals("canceling")) {
      state = over ? "canceled" : "canceling";
    } else if (over) {
      boolean stopped = jobs.stream().anyMatch(job -> job.state() == JobState.CANCELED);
      boolean failed =
          jobs.stream()
              .anyMatch(
                  job ->
                      !job.good()
                          && job.state() != JobState.CANCELED
                          && job.state() != JobState.WAITING_FAILED);
      state = failed ? "failed" : stopped ? "canceled" : bad ? "failed" : "passed";
    } else {
      state = bad ? "failing" : begun ? "running" : build.state();
    }
    Long started =
        jobs.stream().map(Job::started).filter(t -> t != null).min(Long::compare).orElse(null);
    tx.update(
        "UPDATE builds SET state=?, started=coalesce(started, ?), finished=? WHERE id=?",
        state,
        started,
        over ? Core.now() : null,
        build.id());
  }

  /// Jobs without those that were tried again.
  private static List<Job> latest(Transaction tx, String build) throws SQLException {
    return Job.ofBuild(tx, build).stream().filter(job -> job.retriedIn() == null).toList();
  }
}
