package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.Combination;
import dev.bakehouse.pipeline.CommandStep;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads builds for showing.
final class Views {
  private Views() {}

  static BuildView build(Transaction tx, String id) throws SQLException {
    return build(tx, id, true);
  }

  /// @param jobs whether its jobs are read, too
  static BuildView build(Transaction tx, String id, boolean jobs) throws SQLException {
    Build build = Build.get(tx, id);
    Map<String, String> metaData = MetaData.all(tx, id);
    return new BuildView(
        build.id(),
        build.number(),
        build.pipeline(),
        build.state(),
        build.commit(),
        build.branch(),
        build.message(),
        build.source(),
        build.repository(),
        build.env(),
        metaData,
        build.created(),
        build.started(),
        build.finished(),
        jobs ? jobs(tx, id, metaData) : List.of(),
        build.blocked());
  }

  /// One job of a build.
  static JobView job(Transaction tx, Job job) throws SQLException {
    String agent = name(tx, job.agent(), new HashMap<>());
    return view(tx, job, StepRow.get(tx, job.step()), agent, null);
  }

  private static List<JobView> jobs(Transaction tx, String build, Map<String, String> metaData)
      throws SQLException {
    Map<String, String> names = new HashMap<>();
    List<JobView> all = new ArrayList<>();
    Map<String, List<Job>> jobs = new HashMap<>();
    for (Job job : Job.ofBuild(tx, build)) {
      jobs.computeIfAbsent(job.step(), step -> new ArrayList<>()).add(job);
    }
    for (StepRow step : StepRow.ofBuild(tx, build)) {
      for (Job job : jobs.getOrDefault(step.id(), List.of())) {
        String agent = name(tx, job.agent(), names);
        all.add(view(tx, job, step, agent, metaData.get("bakehouse:job:" + job.id())));
      }
    }
    return all;
  }

  private static JobView view(
      Transaction tx, Job job, StepRow step, @Nullable String agent, @Nullable String phases)
      throws SQLException {
    String label = step.label();
    String command = step.step() instanceof CommandStep c ? c.command() : "";
    return new JobView(
        job.id(),
        step.key(),
        label == null ? null : Combination.fill(label, job.matrix()),
        Combination.fill(command, job.matrix()),
        job.parallel(),
        job.parallelCount(),
        job.state(),
        job.exitStatus(),
        job.signal(),
        job.signalReason(),
        job.softFailed(),
        job.retryCount(),
        job.retriedIn() != null,
        job.retriedIn(),
        job.agent(),
        agent,
        job.agents(),
        job.created(),
        job.runnable(),
        job.started(),
        job.finished(),
        phases,
        job.type(),
        job.matrix(),
        job.reason(),
        triggered(tx, job.triggered()),
        job.unblockable(),
        job.unblocker(),
        job.priority());
  }

  private static JobView.@Nullable Triggered triggered(Transaction tx, @Nullable String id)
      throws SQLException {
    return id == null
        ? null
        : tx.one(
                "SELECT pipeline, number FROM builds WHERE id=?",
                row -> new JobView.Triggered(id, row.getString("pipeline"), row.getInt("number")),
                id)
            .orElse(null);
  }

  private static @Nullable String name(
      Transaction tx, @Nullable String agent, Map<String, String> names) throws SQLException {
    if (agent == null) {
      return null;
    }
    if (!names.containsKey(agent)) {
      names.put(agent, Agent.find(tx, agent).map(Agent::name).orElse(agent));
    }
    return names.get(agent);
  }
}
