package dev.bakehouse.coordinator;

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
        jobs ? jobs(tx, id, metaData) : List.of());
  }

  /// One job of a build.
  static JobView job(Transaction tx, Job job) throws SQLException {
    StepRow step = StepRow.get(tx, job.step());
    return view(job, step, step.command(), name(tx, job.agent(), new HashMap<>()), null);
  }

  private static List<JobView> jobs(Transaction tx, String build, Map<String, String> metaData)
      throws SQLException {
    Map<String, String> names = new HashMap<>();
    List<JobView> all = new ArrayList<>();
    List<Job> jobs = Job.ofBuild(tx, build);
    for (StepRow step : StepRow.ofBuild(tx, build)) {
      if (step.kind().equals(StepRow.COMMAND)) {
        CommandStep command = step.command();
        for (Job job : jobs) {
          if (job.step().equals(step.id())) {
            all.add(
                view(
                    job,
                    step,
                    command,
                    name(tx, job.agent(), names),
                    metaData.get("bakehouse:job:" + job.id())));
          }
        }
      }
    }
    return all;
  }

  private static JobView view(
      Job job, StepRow step, CommandStep command, @Nullable String agent, @Nullable String phases) {
    return new JobView(
        job.id(),
        step.key(),
        step.label(),
        command.command(),
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
        job.priority());
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
