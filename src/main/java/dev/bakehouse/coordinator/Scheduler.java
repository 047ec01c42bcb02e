package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.CommandStep;
import dev.bakehouse.pipeline.InputStep;
import dev.bakehouse.pipeline.TriggerStep;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Moves a build on after something in it changed: which waiting jobs may run, which never will,
/// and what the build itself has come to.
final class Scheduler {
  private final Core core;
  private final Courses courses = new Courses();
  private final Triggers triggers;

  Scheduler(Core core) {
    this.core = core;
    this.triggers = new Triggers(new Builds(this));
  }

  Core core() {
    return core;
  }

  void advance(Transaction tx, String id) throws SQLException {
    boolean changed = true;
    while (changed) {
      changed = false;
      Courses.Course before = courses.of(tx, id);
      Readiness readiness = new Readiness(before.steps(), before.jobs());
      for (Standing job : before.jobs()) {
        if (job.undecided()) {
          changed |= decide(tx, job, readiness);
        }
      }
      // What was decided may decide more: only when it does not, nothing moves any more.
      List<Standing> jobs = courses.of(tx, id).jobs();
      changed = changed || cancelForFailure(tx, jobs) || stuck(tx, jobs);
    }
    List<Standing> jobs = courses.of(tx, id).jobs();
    if (jobs.stream().anyMatch(job -> job.group() != null)) {
      ConcurrencyGroups.release(tx, id);
    }
    settle(tx, Build.get(tx, id), courses.of(tx, id).jobs());
  }

  /// The steps of a build are others now.
  void forget(String build) {
    courses.forget(build);
  }

  /// A job of the build has begun.
  void began(Transaction tx, String build, long when) throws SQLException {
    tx.update(
        "UPDATE builds SET state=iif(state='scheduled', 'running', state),"
            + " started=coalesce(started, ?) WHERE id=?",
        when,
        build);
  }

  /// @return whether the step's outcome changed, which may decide others
  private boolean decide(Transaction tx, Standing job, Readiness readiness) throws SQLException {
    return switch (readiness.of(job.step())) {
      case PENDING -> {
        if (!job.type().equals(Job.MANUAL)) {
          JobState shown = readiness.behindBlock(job.step()) ? JobState.BLOCKED : JobState.WAITING;
          if (shown != job.state()) {
            tx.update("UPDATE jobs SET state=? WHERE id=?", shown.wire(), job.id());
          }
        }
        yield false;
      }
      case GOOD -> ready(tx, job);
      case BAD, STOPPED -> {
        JobState never =
            job.state() == JobState.BLOCKED ? JobState.BLOCKED_FAILED : JobState.WAITING_FAILED;
        end(tx, job, never, "What it depends on failed");
        yield true;
      }
    };
  }

  private boolean ready(Transaction tx, Standing job) throws SQLException {
    if (job.step().step() instanceof TriggerStep step) {
      triggers.start(tx, Job.get(tx, job.id()), step);
      return true;
    }
    JobState next = job.group() == null ? JobState.SCHEDULED : JobState.LIMITED;
    tx.update(
        "UPDATE jobs SET state=?, runnable=? WHERE id=?",
        (job.type().equals(Job.MANUAL) ? JobState.BLOCKED : next).wire(),
        Core.now(),
        job.id());
    return false;
  }

  private static void end(Transaction tx, Standing job, JobState state, String reason)
      throws SQLException {
    tx.update(
        "UPDATE jobs SET state=?, finished=?, deadline=NULL, reason=? WHERE id=?",
        state.wire(),
        Core.now(),
        reason,
        job.id());
  }

  /// A failed job cancels those whose steps say so.
  private boolean cancelForFailure(Transaction tx, List<Standing> jobs) throws SQLException {
    boolean changed = false;
    if (jobs.stream().anyMatch(Standing::failed)) {
      for (Standing job : jobs) {
        if (!job.state().ended()
            && job.state() != JobState.CANCELING
            && job.step().step() instanceof CommandStep step
            && step.cancelOnBuildFailing()) {
          cancel(tx, Job.get(tx, job.id()));
          changed = true;
        }
      }
    }
    return changed;
  }

  /// Jobs that wait for each other by ways that no check of an upload can see never will run.
  private static boolean stuck(Transaction tx, List<Standing> jobs) throws SQLException {
    if (jobs.stream().anyMatch(job -> job.moves() || job.unblockable())) {
      return false;
    }
    boolean any = false;
    for (Standing job : jobs) {
      if (job.state().waits()) {
        end(tx, job, JobState.WAITING_FAILED, "It waits for steps that wait for it");
        any = true;
      }
    }
    return any;
  }

  /// Stops a job; one that an agent has is told, and ended by force in the end.
  void cancel(Transaction tx, Job job) throws SQLException {
    if (job.type().equals(Job.SCRIPT)
        && (job.state() == JobState.RUNNING || job.state() == JobState.TIMING_OUT)) {
      tx.update(
          "UPDATE jobs SET state='canceling', deadline=? WHERE id=?",
          core.deadlines().in(job.id(), core.config().forcedEnd()),
          job.id());
    } else if (!job.state().ended() && job.state() != JobState.CANCELING) {
      boolean soft =
          StepRow.get(tx, job.step()).step() instanceof CommandStep step
              && step.softFail(job.matrix()).all();
      tx.update(
          "UPDATE jobs SET state='canceled', finished=?, deadline=NULL, reason=NULL, soft_failed=?"
              + " WHERE id=?",
          Core.now(),
          soft ? 1 : 0,
          job.id());
    }
  }

  private void settle(Transaction tx, Build build, List<Standing> jobs) throws SQLException {
    if (build.ended()) {
      return;
    }
    boolean over = jobs.stream().allMatch(job -> job.state().ended());
    boolean bad = jobs.stream().anyMatch(job -> job.failed() || job.promised());
    boolean begun = jobs.stream().anyMatch(job -> job.started() != null);
    boolean canceling = build.state().equals("canceling");
    Optional<String> blocked = canceling ? Optional.empty() : blockedState(jobs);
    String state;
    if (canceling) {
      state = over ? "canceled" : "canceling";
    } else if (over) {
      boolean none = !jobs.isEmpty() && jobs.stream().allMatch(job -> job.state().leftOut());
      state = bad ? "failed" : none ? "not_run" : "passed";
    } else if (blocked.isPresent()) {
      state = bad ? "failed" : blocked.get();
    } else {
      state = bad ? "failing" : begun || build.started() != null ? "running" : "scheduled";
    }
    @Nullable Long started =
        jobs.stream().map(Standing::started).filter(t -> t != null).min(Long::compare).orElse(null);
    tx.update(
        "UPDATE builds SET state=?, blocked=?, started=coalesce(started, ?), finished=? WHERE"
            + " id=?",
        state,
        blocked.isPresent() ? 1 : 0,
        started,
        over ? Core.now() : null,
        build.id());
    if (over) {
      courses.forget(build.id());
    }
    Optional<Job> parent = triggers.follow(tx, Build.get(tx, build.id()));
    if (parent.isPresent()) {
      advance(tx, parent.get().build());
    }
  }

  /// What the build is called while it waits for a person and nothing of it runs.
  private static Optional<String> blockedState(List<Standing> jobs) {
    Optional<Standing> first = jobs.stream().filter(Standing::unblockable).findFirst();
    if (jobs.stream().anyMatch(Standing::moves) || first.isEmpty()) {
      return Optional.empty();
    }
    InputStep step = (InputStep) first.get().step().step();
    return Optional.of(step.blockedState());
  }
}
