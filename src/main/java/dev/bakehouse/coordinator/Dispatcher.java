package dev.bakehouse.coordinator;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Gives jobs to agents that ask.
final class Dispatcher {
  /// An agent that was offered a job and keeps asking instead of taking it does not want it.
  private static final long OFFER_MILLIS = Duration.ofSeconds(15).toMillis();

  private final Core core;
  private final Lifecycle lifecycle;

  Dispatcher(Core core, Lifecycle lifecycle) {
    this.core = core;
    this.lifecycle = lifecycle;
  }

  /// The answer to a ping. An agent pings only when it runs nothing: what it held is lost.
  Map<String, Object> ping(Transaction tx, String id) throws SQLException {
    Agent agent = Agent.get(tx, id);
    if (!agent.state().equals("connected")) {
      tx.update("UPDATE agents SET state='connected' WHERE id=?", id);
    }
    Optional<Job> offered = Optional.empty();
    for (Job job : Job.ofAgent(tx, id)) {
      Long since = job.assigned();
      if (job.state().held() || since == null || Core.now() - since > OFFER_MILLIS) {
        lifecycle.lost(tx, job);
      } else {
        offered = Optional.of(job);
      }
    }
    if (agent.stopping()) {
      return Map.of("action", "disconnect");
    }
    if (agent.paused()) {
      return Map.of("action", "pause");
    }
    if (offered.isEmpty() && !agent.ignored()) {
      offered = next(tx, agent);
    }
    return offered
        .map(job -> Map.<String, Object>of("job", Map.of("id", job.id(), "state", "assigned")))
        .orElse(Map.of());
  }

  private Optional<Job> next(Transaction tx, Agent agent) throws SQLException {
    List<Job> waiting =
        tx.list(
            "SELECT * FROM jobs WHERE state='scheduled' ORDER BY priority DESC, scheduled, seq",
            Job::row);
    for (Job job : waiting) {
      if (core.config().anyAgent() || agent.has(job.agents())) {
        tx.update(
            "UPDATE jobs SET state='assigned', agent=?, assigned=? WHERE id=?",
            agent.id(),
            Core.now(),
            job.id());
        return Optional.of(job);
      }
    }
    return Optional.empty();
  }

  /// An agent takes the job it was offered; asked twice, the answer is the same.
  Map<String, Object> accept(Transaction tx, String agentId, String jobId, String base)
      throws SQLException {
    Job job = Job.get(tx, jobId);
    boolean open = job.state() == JobState.ASSIGNED || job.state() == JobState.ACCEPTED;
    if (!open || !agentId.equals(job.agent())) {
      throw new HttpError(422, "The job is not offered to this agent; it is " + job.state().wire());
    }
    tx.update("UPDATE jobs SET state='accepted' WHERE id=?", jobId);
    return payload(tx, job, Agent.get(tx, agentId), base);
  }

  /// An agent asks for one job by its id.
  Map<String, Object> acquire(Transaction tx, String agentId, String jobId, String base)
      throws SQLException {
    Job job = Job.get(tx, jobId);
    boolean again = agentId.equals(job.agent()) && job.state() == JobState.ACCEPTED;
    if (job.state().waits() || job.state() == JobState.LIMITED) {
      throw new HttpError(423, "The job waits for other steps");
    }
    if (job.state() != JobState.SCHEDULED && !again) {
      throw new HttpError(422, "The job can not be acquired; it is " + job.state().wire());
    }
    tx.update(
        "UPDATE jobs SET state='accepted', agent=?, assigned=? WHERE id=?",
        agentId,
        Core.now(),
        jobId);
    return payload(tx, job, Agent.get(tx, agentId), base);
  }

  private Map<String, Object> payload(Transaction tx, Job job, Agent agent, String base)
      throws SQLException {
    StepRow step = StepRow.get(tx, job.step());
    return Map.ofEntries(
        Map.entry("id", job.id()),
        Map.entry("state", "accepted"),
        Map.entry("env", Environment.of(tx, core.config().organization(), job, agent, base)),
        Map.entry("step", Json.MAPPER.readTree(step.definition())),
        Map.entry("matrix_permutation", job.matrix()),
        Map.entry("chunks_max_size_bytes", 102_400),
        Map.entry("chunks_interval_seconds", 1),
        Map.entry("log_max_size_bytes", Logs.LIMIT),
        Map.entry("token", core.tokens().sign(Tokens.JOB, job.id())),
        Map.entry("priority", String.valueOf(job.priority())));
  }
}
