package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.Combination;
import dev.bakehouse.pipeline.CommandStep;
import dev.bakehouse.pipeline.Concurrency;
import dev.bakehouse.pipeline.GroupStep;
import dev.bakehouse.pipeline.InputStep;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.pipeline.Step;
import dev.bakehouse.pipeline.StepBase;
import dev.bakehouse.pipeline.TriggerStep;
import dev.bakehouse.pipeline.WaitStep;
import dev.bakehouse.platform.UserError;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Steps on their way into the tables, with the jobs they are made of. Here, once, it is decided
/// which of them the build is without.
final class NewSteps {
  private static final int MOST_STEPS = 5000;
  private static final int MOST_JOBS = 10_000;

  /// Characters of definitions, environments and tags, which each step and job has of its own.
  private static final int MOST_TEXT = 32 << 20;

  private final Transaction tx;
  private final Build build;
  private final Pipeline pipeline;
  private final @Nullable Job uploader;
  private final ConditionFacts facts;
  private int position;
  private int text;

  NewSteps(Transaction tx, Core core, Build build, Pipeline pipeline, @Nullable Job uploader)
      throws SQLException {
    this.tx = tx;
    this.build = build;
    this.pipeline = pipeline;
    this.uploader = uploader;
    this.facts = ConditionFacts.of(tx, core.config().organization(), build, pipeline.env());
  }

  /// After a position; later steps move down.
  ///
  /// @throws UserError when the build would be too large
  void add(int after) throws SQLException {
    text =
        tx.one(
                "SELECT coalesce(sum(length(definition)+length(env)),0) FROM steps WHERE build=?",
                r -> r.getInt(1),
                build.id())
            .orElse(0);
    insist("steps", MOST_STEPS, count(pipeline.steps()));
    insist("jobs", MOST_JOBS, jobs(pipeline.steps()));
    tx.update(
        "UPDATE steps SET position=position+? WHERE build=? AND position>?",
        count(pipeline.steps()),
        build.id(),
        after);
    position = after;
    all(pipeline.steps(), null, null);
  }

  /// @param what the table, by which errors call its rows too
  private void insist(String what, int most, int more) throws SQLException {
    int there =
        tx.one("SELECT count(*) FROM " + what + " WHERE build=?", r -> r.getInt(1), build.id())
            .orElse(0);
    if (there + more > most) {
      throw new UserError(
          "A build may have at most "
              + most
              + " "
              + what
              + ", and this one would have "
              + (there + more),
          "Use less parallelism and smaller matrices, or divide it by trigger steps.");
    }
  }

  private static int jobs(List<Step> steps) {
    int jobs = 0;
    for (Step step : steps) {
      jobs +=
          switch (step) {
            case CommandStep command ->
                command.matrix().isEmpty()
                    ? command.parallelism().orElse(1)
                    : command.matrix().size();
            case InputStep input -> 1;
            case TriggerStep trigger -> trigger.parallelism().orElse(1);
            case WaitStep wait -> 0;
            case GroupStep group -> jobs(group.steps());
          };
    }
    return jobs;
  }

  /// A text that goes into the tables.
  private String kept(String stored) {
    text += stored.length();
    if (text > MOST_TEXT) {
      throw new UserError(
          "The steps with their environments and tags have more than "
              + (MOST_TEXT >> 20)
              + " million characters",
          "Every step has the whole `env` and `agents` of its pipeline: shorten these.");
    }
    return stored;
  }

  private static int count(List<Step> steps) {
    int count = 0;
    for (Step step : steps) {
      count += step instanceof GroupStep group ? 1 + count(group.steps()) : 1;
    }
    return count;
  }

  private void all(List<Step> steps, @Nullable GroupStep group, @Nullable String parent)
      throws SQLException {
    for (Step step : steps) {
      position++;
      Left left = left(step, group);
      String id = row(step, parent, left.state == JobState.BROKEN);
      switch (step) {
        case CommandStep command -> command(id, command, left);
        case InputStep input -> job(id, Part.ONLY, Job.MANUAL, Map.of(), 0, null, left);
        case TriggerStep trigger -> {
          for (Part part : Part.of(trigger.parallelism())) {
            job(id, part, Job.TRIGGER, Map.of(), 0, null, left);
          }
        }
        case WaitStep wait -> {}
        case GroupStep inner -> all(inner.steps(), inner, id);
      }
    }
  }

  /// Why a job does not run, when it is clear already.
  ///
  /// @param state null: it does
  private record Left(@Nullable JobState state, @Nullable String reason) {
    private static Left skipped(String skip) {
      return new Left(JobState.SKIPPED, skip.equals("true") ? "Its step is skipped" : skip);
    }
  }

  private Left left(Step step, @Nullable GroupStep group) {
    StepBase outer = group == null ? step.base() : group.base();
    return step.base()
        .omitted(build.branch(), facts)
        .or(() -> outer.omitted(build.branch(), facts))
        .map(reason -> new Left(JobState.BROKEN, reason))
        .or(() -> step.base().skip().or(outer::skip).map(Left::skipped))
        .orElse(new Left(null, null));
  }

  private String row(Step step, @Nullable String parent, boolean omitted) throws SQLException {
    String id = Core.id();
    tx.update(
        "INSERT INTO steps (id, build, position, kind, key, label, parent, definition, env,"
            + " agents, uploader, omitted) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        id,
        build.id(),
        position,
        StepRow.kind(step),
        step.key().orElse(null),
        step.base().label().orElse(null),
        parent,
        kept(step.source()),
        kept(Json.text(pipeline.env())),
        kept(Json.text(pipeline.agents())),
        uploader == null ? null : uploader.step(),
        omitted ? 1 : 0);
    return id;
  }

  /// Which of a step's jobs one is.
  ///
  /// @param index null: it has no number
  private record Part(
      @Nullable Integer index, @Nullable Integer count, Map<String, String> matrix) {
    static final Part ONLY = new Part(null, null, Map.of());

    static List<Part> of(Optional<Integer> parallelism) {
      return parallelism
          .map(
              count ->
                  java.util.stream.IntStream.range(0, count)
                      .mapToObj(i -> new Part(i, count, Map.of()))
                      .toList())
          .orElse(List.of(ONLY));
    }
  }

  private void command(String step, CommandStep command, Left left) throws SQLException {
    Map<String, String> agents = command.agents().isEmpty() ? pipeline.agents() : command.agents();
    int priority = command.priority().or(pipeline::priority).orElse(0);
    Concurrency concurrency = command.concurrency().orElse(null);
    if (command.matrix().isEmpty()) {
      for (Part part : Part.of(command.parallelism())) {
        job(step, part, Job.SCRIPT, agents, priority, concurrency, left);
      }
    }
    for (Combination one : command.matrix()) {
      Left own = left.state == null ? one.skip().map(Left::skipped).orElse(left) : left;
      Part part = new Part(null, null, one.values());
      job(
          step,
          part,
          Job.SCRIPT,
          Combination.fill(agents, one.values()),
          priority,
          concurrency,
          own);
    }
  }

  private void job(
      String step,
      Part part,
      String type,
      Map<String, String> agents,
      int priority,
      @Nullable Concurrency concurrency,
      Left left)
      throws SQLException {
    JobState begin = type.equals(Job.MANUAL) ? JobState.BLOCKED : JobState.WAITING;
    tx.update(
        "INSERT INTO jobs (id, build, step, parallel, parallel_count, retry_count, state, agents,"
            + " priority, created, finished, reason, soft_failed, type, matrix, scheduled,"
            + " concurrency_group, concurrency, eager)"
            + " VALUES (?,?,?,?,?,0,?,?,?,?,?,?,0,?,?,?,?,?,?)",
        Core.id(),
        build.id(),
        step,
        part.index,
        part.count,
        (left.state == null ? begin : left.state).wire(),
        kept(Json.text(agents)),
        priority,
        Core.now(),
        left.state == null ? null : Core.now(),
        left.reason,
        type,
        kept(Json.text(part.matrix)),
        uploader == null ? build.created() : uploader.scheduled(),
        concurrency == null ? null : concurrency.group(),
        concurrency == null ? 0 : concurrency.limit(),
        concurrency != null && concurrency.eager() ? 1 : 0);
  }
}
