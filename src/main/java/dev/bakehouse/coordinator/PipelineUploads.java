package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.Graph;
import dev.bakehouse.pipeline.GroupStep;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.pipeline.Step;
import dev.bakehouse.platform.UserError;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Steps that a job adds to its own build: they go after the job's step. Sent twice, they are added
/// once.
final class PipelineUploads {
  private final Core core;
  private final Access access;
  private final Builds builds;
  private final Scheduler scheduler;

  private record Upload(
      @Nullable String uuid, @Nullable Boolean replace, @Nullable JsonNode pipeline) {}

  PipelineUploads(Core core, Access access, Builds builds, Scheduler scheduler) {
    this.core = core;
    this.access = access;
    this.builds = builds;
    this.scheduler = scheduler;
  }

  void routes(Router router) {
    router.add("POST", "/v3/jobs/:id/pipelines", this::upload);
    router.add("GET", "/v3/jobs/:id/pipelines/:uuid", this::status);
  }

  private Reply upload(Request request) {
    String job = access.running(request);
    Upload upload = request.json(Upload.class);
    String uuid = Request.need(upload.uuid, "uuid");
    Pipeline pipeline = Pipeline.ofUpload(Request.need(upload.pipeline, "pipeline"));
    core.database()
        .run(
            tx -> {
              if (tx.update("INSERT INTO uploads VALUES (?,?) ON CONFLICT DO NOTHING", job, uuid)
                  == 1) {
                apply(tx, Job.get(tx, job), pipeline, Boolean.TRUE.equals(upload.replace));
              }
            });
    return Reply.done();
  }

  private void apply(Transaction tx, Job job, Pipeline pipeline, boolean replace)
      throws SQLException {
    if (!job.state().held()) {
      throw new HttpError(422, "Only a running job can add steps");
    }
    if (Build.get(tx, job.build()).state().equals("canceling")) {
      throw new HttpError(422, "The build is being cancelled");
    }
    if (replace) {
      replace(tx, job.build());
    }
    StepRow own = StepRow.get(tx, job.step());
    List<StepRow> before = StepRow.ofBuild(tx, job.build());
    insistNew(before, pipeline.steps());
    builds.add(tx, job, pipeline, after(before, own));
    List<StepRow> steps = StepRow.ofBuild(tx, job.build());
    Graph.check("The uploaded pipeline", StepRow.tree(steps));
    scheduler.advance(tx, job.build());
  }

  /// A key names one step of a build; groups of one key become one.
  private static void insistNew(List<StepRow> before, List<Step> added) {
    for (Step step : added) {
      boolean group = step instanceof GroupStep;
      String key = step.key().orElse("");
      if (before.stream()
          .anyMatch(b -> key.equals(b.key()) && !(group && b.kind().equals("group")))) {
        throw new UserError(
            "The build has a step with the key `" + key + "` already",
            "Give the uploaded step another key, or upload it once.");
      }
      if (step instanceof GroupStep members) {
        insistNew(before, members.steps());
      }
    }
  }

  /// Behind the step; behind the whole group when it stands in one.
  private static int after(List<StepRow> steps, StepRow own) {
    int position = own.position();
    for (StepRow step : steps) {
      if (own.parent() != null && own.parent().equals(step.parent())) {
        position = Math.max(position, step.position());
      }
    }
    return position;
  }

  /// Removes what has not begun: nobody runs it, nobody answered it.
  private static void replace(Transaction tx, String build) throws SQLException {
    List<String> groups = ConcurrencyGroups.of(tx, build);
    tx.update(
        "DELETE FROM jobs WHERE build=? AND state IN ('waiting','blocked','limited','scheduled')",
        build);
    // A failed attempt whose next one was among them stays as it ended.
    tx.update(
        "UPDATE jobs SET retried_in=NULL WHERE build=? AND retried_in NOT IN"
            + " (SELECT id FROM jobs WHERE build=?)",
        build,
        build);
    tx.update(
        "DELETE FROM steps WHERE build=? AND kind NOT IN ('wait','group') AND id NOT IN"
            + " (SELECT step FROM jobs WHERE build=?)",
        build,
        build);
    tx.update(
        "DELETE FROM steps WHERE build=? AND kind='group' AND id NOT IN (SELECT parent FROM steps"
            + " WHERE parent IS NOT NULL AND kind<>'wait')",
        build);
    int last =
        tx.one(
                "SELECT coalesce(max(position),0) FROM steps WHERE build=? AND kind NOT IN"
                    + " ('wait','group')",
                row -> row.getInt(1),
                build)
            .orElse(0);
    tx.update(
        "DELETE FROM steps WHERE build=? AND kind='wait' AND (position>? OR (parent IS NOT NULL AND"
            + " parent NOT IN (SELECT id FROM steps)))",
        build,
        last);
    for (String group : groups) {
      ConcurrencyGroups.queue(tx, group);
    }
  }

  private Reply status(Request request) {
    String job = access.job(request);
    return core.database()
            .read(
                tx ->
                    tx.one(
                        "SELECT uuid FROM uploads WHERE job=? AND uuid=?",
                        row -> row.getString(1),
                        job,
                        request.var("uuid")))
            .isPresent()
        ? Reply.json(Map.of("state", "applied"))
        : Reply.error(404, "Upload not found");
  }
}
