package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.CommandStep;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Jobs that say while they run that they will fail, so that their build counts as failing at once.
/// A job keeps its promise: what it reports in the end can not be better.
final class Promises {
  private final Core core;
  private final Access access;
  private final Scheduler scheduler;

  private record Promise(@Nullable Integer exitStatus, @Nullable String reason) {}

  Promises(Core core, Access access, Scheduler scheduler) {
    this.core = core;
    this.access = access;
    this.scheduler = scheduler;
  }

  void routes(Router router) {
    router.add("PUT", "/v3/jobs/:id/promise_failure", this::promise);
  }

  private Reply promise(Request request) {
    String id = access.job(request);
    int status = Request.need(request.json(Promise.class).exitStatus, "exit_status");
    if (status <= 0) {
      throw new HttpError(400, "`exit_status` must be a number from 1");
    }
    core.database()
        .run(
            tx -> {
              Job job = Job.get(tx, id);
              if (job.state() != JobState.RUNNING) {
                throw new HttpError(422, "Only a running job can promise; it is " + job.state());
              }
              Optional<String> before = of(tx, id);
              if (before.isEmpty()) {
                tx.update("UPDATE jobs SET promised=? WHERE id=?", String.valueOf(status), id);
                scheduler.advance(tx, job.build());
              } else if (!before.get().equals(String.valueOf(status))) {
                throw new HttpError(409, "The job promised " + before.get() + " already");
              }
            });
    return new Reply.Body(204, "application/json", new byte[0], java.util.Map.of());
  }

  private static Optional<String> of(Transaction tx, String job) throws SQLException {
    return tx.one(
        "SELECT promised FROM jobs WHERE id=? AND promised IS NOT NULL",
        row -> row.getString(1),
        job);
  }

  /// What counts as a job's end.
  static Lifecycle.End kept(Transaction tx, Job job, CommandStep step, Lifecycle.End end)
      throws SQLException {
    Optional<String> promised = of(tx, job.id());
    if (promised.isEmpty()) {
      return end;
    }
    boolean soft = step.softFail(job.matrix()).covers(end.exitStatus());
    boolean hard = !step.softFail(job.matrix()).covers(promised.get());
    return end.exitStatus().equals("0") || (soft && hard)
        ? new Lifecycle.End(promised.get(), null, null)
        : end;
  }
}
