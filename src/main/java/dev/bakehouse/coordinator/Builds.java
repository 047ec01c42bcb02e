package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.InputStep;
import dev.bakehouse.pipeline.Pipeline;
import java.sql.SQLException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Makes builds, adds steps to them, and takes people's answers.
final class Builds {
  private final Scheduler scheduler;

  Builds(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  /// @return the build's id
  String create(Transaction tx, BuildRequest request, Pipeline pipeline, String source)
      throws SQLException {
    return create(tx, request, pipeline, source, null);
  }

  /// @param triggerJob the job of another build that asks for this one
  /// @return the build's id
  String create(
      Transaction tx,
      BuildRequest request,
      Pipeline pipeline,
      String source,
      @Nullable String triggerJob)
      throws SQLException {
    definePipeline(tx, request.pipeline(), request.repository(), request.branch(), "");
    String id = Core.id();
    int number =
        tx.one(
                "SELECT coalesce(max(number),0)+1 FROM builds WHERE pipeline=?",
                row -> row.getInt(1),
                request.pipeline())
            .orElse(1);
    tx.update(
        "INSERT INTO builds (id, seq, number, pipeline, state, sha, branch, message, source,"
            + " repository, env, created, trigger_job) VALUES"
            + " (?,(SELECT coalesce(max(seq),0)+1 FROM builds),?,?,'scheduled',?,?,?,?,?,?,?,?)",
        id,
        number,
        request.pipeline(),
        request.commit(),
        request.branch(),
        request.message(),
        source,
        request.repository(),
        Json.text(request.env()),
        Core.now(),
        triggerJob);
    new NewSteps(tx, scheduler.core(), Build.get(tx, id), pipeline, null).add(0);
    scheduler.advance(tx, id);
    return id;
  }

  /// Makes the pipeline when its slug is new.
  static void definePipeline(
      Transaction tx, String slug, String repository, String branch, String configuration)
      throws SQLException {
    tx.update(
        "INSERT INTO pipelines VALUES (?,?,?,?,?,?,?) ON CONFLICT (slug) DO NOTHING",
        slug,
        Core.id(),
        slug,
        repository,
        branch,
        configuration,
        Core.now());
  }

  /// Adds what a job uploads, after a position; later steps move down.
  void add(Transaction tx, Job uploader, Pipeline pipeline, int after) throws SQLException {
    Build build = Build.get(tx, uploader.build());
    new NewSteps(tx, scheduler.core(), build, pipeline, uploader).add(after);
    scheduler.forget(build.id());
  }

  /// Answers a block or input step: its fields become meta-data, and what waits for it goes on.
  ///
  /// @param fields by key; several choices one a line; absent ones have their presets
  /// @param who answers, for people to see
  /// @throws HttpError when the job can not be answered, or not yet
  /// @throws dev.bakehouse.platform.UserError naming the field without a good value
  void unblock(
      Transaction tx, String build, String job, Map<String, String> fields, @Nullable String who)
      throws SQLException {
    Job asked = Job.get(tx, job);
    if (!asked.build().equals(build)) {
      throw HttpError.notFound("Job " + job);
    }
    if (!asked.type().equals(Job.MANUAL)) {
      throw new HttpError(400, "This job type cannot be unblocked");
    }
    if (Build.get(tx, build).state().startsWith("cancel")) {
      throw new HttpError(422, "Jobs from canceled builds cannot be unblocked");
    }
    if (!asked.unblockable()) {
      throw new HttpError(
          422,
          asked.state().ended()
              ? "The job is " + asked.state().wire() + " already"
              : "The job waits for other steps; it can not be unblocked yet");
    }
    InputStep step = (InputStep) StepRow.get(tx, asked.step()).step();
    answer(tx, build, step.values(fields));
    tx.update(
        "UPDATE jobs SET state='unblocked', finished=?, unblocker=? WHERE id=?",
        Core.now(),
        who,
        job);
    scheduler.advance(tx, build);
  }

  /// Sets meta-data of a build.
  void answer(Transaction tx, String build, Map<String, String> values) throws SQLException {
    for (Map.Entry<String, String> entry : values.entrySet()) {
      tx.update(
          "INSERT OR REPLACE INTO metadata VALUES (?,?,?)",
          build,
          entry.getKey(),
          entry.getValue());
    }
  }
}
