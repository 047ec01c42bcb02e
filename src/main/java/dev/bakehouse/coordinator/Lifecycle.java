package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.CommandStep;
import dev.bakehouse.pipeline.RetryRule;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What can happen to a job after it was offered to an agent.
final class Lifecycle {
  static final String LOST = "agent_lost";

  /// `signal_reason`s of `-1` that say the machinery failed, not the command.
  private static final Set<String> INFRASTRUCTURE =
      Set.of("process_run_error", "agent_stop", "agent_refused", "stack_error", LOST);

  /// Index of the retry rule that every job has.
  private static final int INFRA_RULE = -1;

  private final Core core;
  private final Scheduler scheduler;

  /// How a job ended, in the words of the agent; empty signals are absent.
  record End(String exitStatus, @Nullable String signal, @Nullable String reason) {
    boolean infrastructure() {
      boolean killed = signal != null && reason == null;
      return exitStatus.equals("125")
          || (exitStatus.equals("-1")
              && (killed || (reason != null && INFRASTRUCTURE.contains(reason))));
    }
  }

  Lifecycle(Core core, Scheduler scheduler) {
    this.core = core;
    this.scheduler = scheduler;
  }

  /// @return false when the job is not the agent's to start
  boolean start(Transaction tx, Job job) throws SQLException {
    if (job.state() != JobState.ACCEPTED) {
      return job.state().held();
    }
    long now = Core.now();
    CommandStep step = StepRow.get(tx, job.step()).command();
    Long deadline = step.timeout().map(limit -> core.deadlines().in(job.id(), limit)).orElse(null);
    tx.update(
        "UPDATE jobs SET state='running', started=?, deadline=? WHERE id=?",
        now,
        deadline,
        job.id());
    scheduler.began(tx, job.build(), now);
    return true;
  }

  /// The agent's last word on a job. Said twice, it counts once.
  void finish(Transaction tx, Job job, End reported) throws SQLException {
    if (!job.state().held()) {
      return;
    }
    StepRow row = StepRow.get(tx, job.step());
    CommandStep step = row.command();
    End end = Promises.kept(tx, job, step, reported);
    JobState state =
        switch (job.state()) {
          case CANCELING -> JobState.CANCELED;
          case TIMING_OUT -> end.exitStatus.equals("0") ? JobState.PASSED : JobState.TIMED_OUT;
          default -> end.exitStatus.equals("0") ? JobState.PASSED : JobState.FAILED;
        };
    boolean failed = state == JobState.FAILED || state == JobState.TIMED_OUT;
    Optional<Integer> rule = failed ? rule(tx, job, step, end) : Optional.empty();
    boolean soft =
        ((failed && rule.isEmpty()) || state == JobState.CANCELED)
            && step.softFail(job.matrix()).covers(end.exitStatus);
    String next = rule.isPresent() ? Core.id() : null;
    tx.update(
        "UPDATE jobs SET state=?, finished=?, deadline=NULL, exit_status=?, signal=?,"
            + " signal_reason=?, soft_failed=?, retried_in=? WHERE id=?",
        state.wire(),
        Core.now(),
        end.exitStatus,
        end.signal,
        end.reason,
        soft ? 1 : 0,
        next,
        job.id());
    if (next != null) {
      Job.again(tx, job, next, rule.get());
    }
    tx.before("advance " + job.build(), late -> scheduler.advance(late, job.build()));
  }

  /// The agent is gone, or forgot the job. A job it had not accepted is offered to others.
  void lost(Transaction tx, Job job) throws SQLException {
    if (job.state() == JobState.ASSIGNED) {
      tx.update(
          "UPDATE jobs SET state='scheduled', agent=NULL, assigned=NULL WHERE id=?", job.id());
    } else {
      finish(tx, job, new End("-1", null, LOST));
    }
  }

  /// The agent is to go at once: others take what it was offered, what it took is cancelled.
  void leave(Transaction tx, String agent) throws SQLException {
    for (Job job : Job.ofAgent(tx, agent)) {
      if (job.state() == JobState.ASSIGNED) {
        lost(tx, job);
      } else {
        cancel(tx, job);
        scheduler.advance(tx, job.build());
      }
    }
  }

  void cancel(Transaction tx, Job job) throws SQLException {
    scheduler.cancel(tx, job);
  }

  /// A job that was cancelled is over after this time at the latest, whatever its agent does.
  void hurry(Transaction tx, String id, Duration limit) throws SQLException {
    Job job = Job.get(tx, id);
    if (job.state() == JobState.CANCELING && job.deadline() != null) {
      tx.update(
          "UPDATE jobs SET deadline=? WHERE id=?",
          core.deadlines().within(id, job.deadline(), limit),
          id);
    }
  }

  void cancelBuild(Transaction tx, String build) throws SQLException {
    if (Build.get(tx, build).ended()) {
      return;
    }
    tx.update("UPDATE builds SET state='canceling', blocked=0 WHERE id=?", build);
    for (Job job : Job.ofBuild(tx, build)) {
      cancel(tx, job);
    }
    scheduler.advance(tx, build);
  }

  /// A job that passed its time: first it is told to stop, then it is over.
  void overdue(Transaction tx, Job job) throws SQLException {
    if (job.state() == JobState.RUNNING) {
      tx.update(
          "UPDATE jobs SET state='timing_out', deadline=? WHERE id=?",
          core.deadlines().in(job.id(), core.config().forcedEnd()),
          job.id());
    } else {
      finish(tx, job, new End("-1", null, "cancel"));
    }
  }

  /// The rule by which a failed job runs again.
  private Optional<Integer> rule(Transaction tx, Job job, CommandStep step, End end)
      throws SQLException {
    if (Build.get(tx, job.build()).state().equals("canceling")) {
      return Optional.empty();
    }
    String signal = end.signal == null ? "" : end.signal;
    String reason = end.reason == null ? "" : end.reason;
    for (int i = 0; i < step.retries().size(); i++) {
      RetryRule rule = step.retries().get(i);
      if (rule.covers(end.exitStatus, signal, reason)) {
        // The first one that fits decides, also that there is no other attempt.
        return used(tx, job, i) < rule.limit() ? Optional.of(i) : Optional.empty();
      }
    }
    boolean infra =
        end.infrastructure() && used(tx, job, INFRA_RULE) < core.config().infraRetries();
    return infra ? Optional.of(INFRA_RULE) : Optional.empty();
  }

  private static int used(Transaction tx, Job job, int rule) throws SQLException {
    return tx.one(
            "SELECT count(*) FROM jobs WHERE step=? AND parallel IS ? AND matrix=? AND"
                + " retry_rule=?",
            row -> row.getInt(1),
            job.step(),
            job.parallel(),
            Json.text(job.matrix()),
            rule)
        .orElse(0);
  }
}
