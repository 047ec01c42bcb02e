package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.CommandStep;
import dev.bakehouse.pipeline.ManualRetry;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.BuiltRef;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// What people ask of builds and jobs that are there: another try, another build, an end.
final class BuildControl {
  static final String REBUILT_FROM = "BUILDKITE_REBUILT_FROM_BUILD_ID";
  static final String REBUILT_FROM_NUMBER = "BUILDKITE_REBUILT_FROM_BUILD_NUMBER";

  private final Builds builds;
  private final Lifecycle lifecycle;
  private final Scheduler scheduler;

  /// How a pipeline of its own starts builds.
  record Definition(String repository, String branch, String configuration) {
    static Definition get(Transaction tx, String slug) throws SQLException {
      Definition found =
          tx.one(
                  "SELECT * FROM pipelines WHERE slug=?",
                  row ->
                      new Definition(
                          row.getString("repository"),
                          row.getString("default_branch"),
                          row.getString("configuration")),
                  slug)
              .orElseThrow(() -> RestAccess.missing("pipeline"));
      if (found.configuration.isEmpty()) {
        throw new HttpError(
            422, "The pipeline " + slug + " has no steps of its own: its builds bring theirs");
      }
      return found;
    }
  }

  BuildControl(Builds builds, Lifecycle lifecycle, Scheduler scheduler) {
    this.builds = builds;
    this.lifecycle = lifecycle;
    this.scheduler = scheduler;
  }

  void cancel(Transaction tx, Build build) throws SQLException {
    if (build.ended()) {
      throw new HttpError(422, "Build can't be canceled because it's already finished");
    }
    lifecycle.cancelBuild(tx, build.id());
  }

  void cancelJob(Transaction tx, Job job) throws SQLException {
    if (job.state().ended()) {
      throw new HttpError(422, "The job has ended already; it is " + job.state().wire());
    }
    lifecycle.cancel(tx, job);
    scheduler.advance(tx, job.build());
  }

  /// Runs a job that has ended again, once; what never ran because of it gets its chance too.
  ///
  /// @return the new job's id
  String retry(Transaction tx, Job job) throws SQLException {
    Build build = Build.get(tx, job.build());
    insistRetriable(tx, job, build);
    tx.update(
        "UPDATE jobs SET state='waiting', finished=NULL, reason=NULL WHERE build=? AND state IN"
            + " ('waiting_failed','blocked_failed')",
        build.id());
    tx.update("UPDATE builds SET state='running', finished=NULL WHERE id=?", build.id());
    String next = Core.id();
    Job.again(tx, job, next, null);
    tx.update("UPDATE jobs SET retried_in=? WHERE id=?", next, job.id());
    scheduler.advance(tx, build.id());
    return next;
  }

  /// https://buildkite.com/docs/apis/rest-api/jobs#retry-a-job
  private static void insistRetriable(Transaction tx, Job job, Build build) throws SQLException {
    boolean passed = job.state() == JobState.PASSED;
    boolean failed =
        job.state() == JobState.FAILED
            || job.state() == JobState.TIMED_OUT
            || job.state() == JobState.CANCELED;
    ManualRetry manual =
        StepRow.get(tx, job.step()).step() instanceof CommandStep command
            ? command.manualRetry()
            : new ManualRetry(false, false, Optional.of("it is no command"));
    if (!failed && !(passed && manual.onPassed())) {
      throw new HttpError(400, "Only failed, timed out or canceled jobs can be retried");
    }
    if (!manual.allowed()) {
      String reason = manual.reason().orElse("its step does not permit it");
      throw new HttpError(400, "This job can't be retried: " + reason);
    }
    if (job.retriedIn() != null) {
      throw new HttpError(400, "The job was retried already, as " + job.retriedIn());
    }
    if (build.state().equals("canceled") || build.state().equals("canceling")) {
      throw new HttpError(422, "Jobs from canceled builds cannot be retried");
    }
  }

  /// The same commit, branch, message and environment once more, with who chose them, by the
  /// pipeline's steps of now.
  ///
  /// @return the new build's id
  String rebuild(Transaction tx, Build build) throws SQLException {
    Definition pipeline = Definition.get(tx, build.pipeline());
    Map<String, String> env = new LinkedHashMap<>(build.env());
    env.put(REBUILT_FROM, build.id());
    env.put(REBUILT_FROM_NUMBER, String.valueOf(build.number()));
    return builds.create(
        tx,
        new BuildRequest(
            build.pipeline(),
            build.repository(),
            build.commit(),
            build.branch(),
            build.message(),
            env),
        Pipeline.parse(build.pipeline(), pipeline.configuration()),
        build.source().equals(BuiltRef.TRIGGER) ? BuiltRef.TRIGGER : "api");
  }
}
