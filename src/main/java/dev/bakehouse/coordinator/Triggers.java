package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.pipeline.TriggerStep;
import dev.bakehouse.platform.BuiltRef;
import dev.bakehouse.platform.UserError;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Builds that trigger steps make of other pipelines this coordinator knows.
final class Triggers {
  /// Builds that trigger each other in a circle would never come to an end.
  private static final int DEEPEST = 10;

  static final String FROM_NUMBER = "BUILDKITE_TRIGGERED_FROM_BUILD_NUMBER";
  static final String FROM_PIPELINE = "BUILDKITE_TRIGGERED_FROM_BUILD_PIPELINE_SLUG";

  private final Builds builds;

  private record Target(String repository, String branch, String configuration) {}

  Triggers(Builds builds) {
    this.builds = builds;
  }

  /// Makes the build; an asynchronous job has passed then.
  void start(Transaction tx, Job job, TriggerStep step) throws SQLException {
    long now = Core.now();
    tx.update(
        "UPDATE jobs SET state='running', runnable=?, started=? WHERE id=?", now, now, job.id());
    Build from = Build.get(tx, job.build());
    String made;
    try {
      made = tx.whole(piece -> make(piece, job, step, from));
    } catch (UserError e) {
      end(tx, job, false, e.getMessage() + ". " + e.remedy());
      return;
    }
    tx.update("UPDATE jobs SET triggered=? WHERE id=?", made, job.id());
    if (step.async()) {
      end(tx, job, true, null);
    } else {
      follow(tx, Build.get(tx, made));
    }
  }

  private String make(Transaction tx, Job job, TriggerStep step, Build from) throws SQLException {
    Target target =
        tx.one(
                "SELECT * FROM pipelines WHERE slug=? AND configuration<>''",
                row ->
                    new Target(
                        row.getString("repository"),
                        row.getString("default_branch"),
                        row.getString("configuration")),
                step.pipeline())
            .orElseThrow(
                () ->
                    new UserError(
                        "This coordinator knows no pipeline `" + step.pipeline() + "`",
                        "Make it, with its steps, before the build."));
    if (depth(tx, from) > DEEPEST) {
      throw new UserError(
          "Builds trigger each other, " + DEEPEST + " deep", "Remove a trigger step.");
    }
    Map<String, String> env = new LinkedHashMap<>(step.env());
    PullRequest pull = PullRequest.of(from.env());
    if (pull != null) {
      // Else a pull request could have itself built as the main branch.
      env.putAll(PullRequest.variables(pull));
    }
    if (from.branch().contains(":")) {
      // A fork's branch, told by its owner alone: the new one's branch does not tell it any more.
      env.put("BUILDKITE_PULL_REQUEST", pull == null ? "fork" : pull.id());
      env.put("BUILDKITE_PULL_REQUEST_REPO", "fork/" + from.branch().replace(':', '/'));
    }
    env.put(BuiltRef.TRIGGERED_FROM, from.id());
    env.put(FROM_NUMBER, String.valueOf(from.number()));
    env.put(FROM_PIPELINE, from.pipeline());
    if (job.parallelCount() != null) {
      env.put("BUILDKITE_PARALLEL_JOB", String.valueOf(job.parallel()));
      env.put("BUILDKITE_PARALLEL_JOB_COUNT", String.valueOf(job.parallelCount()));
    }
    BuildRequest request =
        BuildCheck.checked(
            new BuildRequest(
                step.pipeline(),
                target.repository,
                step.commit().orElse("HEAD"),
                step.branch().orElse(target.branch),
                step.message().or(() -> step.base().label()).orElse(""),
                env));
    Pipeline pipeline = Pipeline.parse(step.pipeline(), target.configuration);
    String made = builds.create(tx, request, pipeline, BuiltRef.TRIGGER, job.id());
    builds.answer(tx, made, step.metaData());
    return made;
  }

  private static int depth(Transaction tx, Build build) throws SQLException {
    int depth = 0;
    Optional<Build> at = Optional.of(build);
    while (at.isPresent() && at.get().triggerJob() != null) {
      Optional<Job> job = Job.find(tx, String.valueOf(at.get().triggerJob()));
      at = job.isPresent() ? Optional.of(Build.get(tx, job.get().build())) : Optional.empty();
      depth++;
    }
    return depth;
  }

  /// Ends the job that waits for a build, when the build is over or blocked as passed.
  ///
  /// @return that job
  Optional<Job> follow(Transaction tx, Build build) throws SQLException {
    Optional<Job> waiting =
        build.triggerJob() == null ? Optional.empty() : Job.find(tx, build.triggerJob());
    boolean good = build.state().equals("passed") || build.state().equals("not_run");
    boolean over = build.ended() || (build.blocked() && good);
    if (waiting.filter(job -> job.state() == JobState.RUNNING).isEmpty() || !over) {
      return Optional.empty();
    }
    Job job = waiting.get();
    if (!build.id().equals(job.triggered())) {
      return Optional.empty();
    }
    end(tx, job, good, good ? null : "The triggered build " + build.state());
    return waiting;
  }

  private static void end(
      Transaction tx, Job job, boolean good, @org.jspecify.annotations.Nullable String reason)
      throws SQLException {
    TriggerStep step = (TriggerStep) StepRow.get(tx, job.step()).step();
    tx.update(
        "UPDATE jobs SET state=?, finished=?, reason=?, soft_failed=? WHERE id=?",
        good ? "passed" : "failed",
        Core.now(),
        reason,
        !good && step.softFail() ? 1 : 0,
        job.id());
  }
}
