package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.CommandStep;
import dev.bakehouse.pipeline.GroupStep;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.pipeline.Step;
import dev.bakehouse.pipeline.WaitStep;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Makes builds, and adds steps to them.
final class Builds {
  private final Scheduler scheduler;

  Builds(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  /// @return the build's id
  String create(Transaction tx, BuildRequest request, Pipeline pipeline, String source)
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
            + " repository, env, created) VALUES"
            + " (?,(SELECT coalesce(max(seq),0)+1 FROM builds),?,?,'scheduled',?,?,?,?,?,?,?)",
        id,
        number,
        request.pipeline(),
        request.commit(),
        request.branch(),
        request.message(),
        source,
        request.repository(),
        Json.text(request.env()),
        Core.now());
    add(tx, id, pipeline, 0);
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

  /// Adds steps after a position; later ones move down.
  void add(Transaction tx, String build, Pipeline pipeline, int after) throws SQLException {
    tx.update(
        "UPDATE steps SET position=position+? WHERE build=? AND position>?",
        count(pipeline.steps()),
        build,
        after);
    new Adding(tx, build, pipeline, after).all(pipeline.steps(), null);
  }

  private static int count(List<Step> steps) {
    int count = 0;
    for (Step step : steps) {
      count += step instanceof GroupStep group ? 1 + count(group.steps()) : 1;
    }
    return count;
  }

  /// One upload on its way into the tables.
  private static final class Adding {
    private final Transaction tx;
    private final String build;
    private final Pipeline pipeline;
    private int position;

    Adding(Transaction tx, String build, Pipeline pipeline, int position) {
      this.tx = tx;
      this.build = build;
      this.pipeline = pipeline;
      this.position = position;
    }

    void all(List<Step> steps, @Nullable String parent) throws SQLException {
      for (Step step : steps) {
        position++;
        switch (step) {
          case CommandStep command ->
              jobs(row(command, StepRow.COMMAND, command.label(), parent), command);
          case WaitStep wait -> row(wait, StepRow.WAIT, Optional.empty(), parent);
          case GroupStep group ->
              all(group.steps(), row(group, StepRow.GROUP, Optional.of(group.label()), parent));
        }
      }
    }

    private String row(Step step, String kind, Optional<String> label, @Nullable String parent)
        throws SQLException {
      String id = Core.id();
      tx.update(
          "INSERT INTO steps VALUES (?,?,?,?,?,?,?,?,?,?)",
          id,
          build,
          position,
          kind,
          step.key().orElse(null),
          label.orElse(null),
          parent,
          StepRow.definition(step),
          Json.text(pipeline.env()),
          Json.text(pipeline.agents()));
      return id;
    }

    private void jobs(String step, CommandStep command) throws SQLException {
      Map<String, String> agents =
          command.agents().isEmpty() ? pipeline.agents() : command.agents();
      int count = command.parallelism().orElse(1);
      for (int i = 0; i < count; i++) {
        boolean parts = command.parallelism().isPresent();
        tx.update(
            "INSERT INTO jobs (id, build, step, parallel, parallel_count, retry_count, state,"
                + " agents, priority, created, soft_failed) VALUES (?,?,?,?,?,0,'waiting',?,?,?,0)",
            Core.id(),
            build,
            step,
            parts ? i : null,
            parts ? count : null,
            Json.text(agents),
            command.priority(),
            Core.now());
      }
    }
  }
}
