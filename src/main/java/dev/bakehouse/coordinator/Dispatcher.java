package dev.bakehouse.coordinator;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Gives jobs to agents that ask.
final class Dispatcher {
  /// An agent that was offered a job and keeps asking instead of taking it does not want it.
  private static final long OFFER_MILLIS = Duration.ofSeconds(15).toMillis();

  /// Within this, agents that ask for jobs have asked again.
  private static final long ASKED_MILLIS = 1500;

  /// An agent that has just ended a job asks within this.
  private static final long HOME_MILLIS = 3000;

  /// Where the first jobs are left to others, as many of the next are looked at.
  private static final int LOOKED_AT = 8;

  private final Core core;
  private final Lifecycle lifecycle;
  private final Homes homes = new Homes();

  /// The first of the jobs that ask the same; the natural order is that of dispatch.
  private record Next(String id, int priority, long scheduled, long seq)
      implements Comparable<Next> {
    @Override
    public int compareTo(Next other) {
      return Comparator.comparingInt((Next n) -> -n.priority)
          .thenComparingLong(Next::scheduled)
          .thenComparingLong(Next::seq)
          .compare(this, other);
    }
  }

  Dispatcher(Core core, Lifecycle lifecycle) {
    this.core = core;
    this.lifecycle = lifecycle;
  }

  /// The answer to a ping.
  ///
  /// @param agent who asked
  /// @param body empty when there is nothing for it
  record Answer(Agent agent, Map<String, Object> body) {}

  /// An agent pings only when it runs nothing: what it held is lost.
  Answer ping(Transaction tx, String id) throws SQLException {
    Agent agent = connect(tx, id);
    return new Answer(agent, body(tx, agent));
  }

  private Map<String, Object> body(Transaction tx, Agent agent) throws SQLException {
    Optional<Job> offered = Optional.empty();
    for (Job job : Job.ofAgent(tx, agent.id())) {
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
      offered = next(tx, agent, true);
    }
    return offered
        .map(job -> Map.<String, Object>of("job", Map.of("id", job.id(), "state", "assigned")))
        .orElse(Map.of());
  }

  /// An agent has come; from now on it may be given jobs.
  Agent connect(Transaction tx, String id) throws SQLException {
    Agent agent = Agent.get(tx, id);
    if (!agent.state().equals("connected")) {
      tx.update("UPDATE agents SET state='connected' WHERE id=?", id);
    }
    homes.seen(agent);
    return agent;
  }

  /// That an agent may take a job.
  ///
  /// @param at when it was offered, which tells one offer of it from the next
  record Offer(String job, @Nullable Long at) {}

  /// What an agent is to know.
  ///
  /// @param frame whether it works
  /// @param offers that it has not taken
  record Standing(byte[] frame, List<Offer> offers) {}

  /// How things stand for an agent with a stream.
  Standing standing(Transaction tx, String id) throws SQLException {
    Agent agent = Agent.get(tx, id);
    if (agent.stopping()) {
      return new Standing(PingFrames.disconnect("It was asked to stop"), List.of());
    }
    if (agent.paused()) {
      return new Standing(PingFrames.pause("It was paused"), List.of());
    }
    List<Offer> offers =
        Job.ofAgent(tx, id).stream()
            .filter(job -> job.state() == JobState.ASSIGNED)
            .map(job -> new Offer(job.id(), job.assigned()))
            .toList();
    return new Standing(PingFrames.resume(), offers);
  }

  /// What the jobs that may run ask of an agent, each thing once.
  List<Map<String, String>> wanted(Transaction tx) throws SQLException {
    return asked(tx).stream().map(Json::map).toList();
  }

  /// From one to the next in the index, however many jobs ask the same.
  private static List<String> asked(Transaction tx) throws SQLException {
    return tx.list(
        "WITH RECURSIVE asked(it) AS (SELECT min(agents) FROM jobs WHERE state='scheduled'"
            + " UNION ALL SELECT (SELECT min(agents) FROM jobs WHERE state='scheduled' AND"
            + " agents>it) FROM asked WHERE it IS NOT NULL)"
            + " SELECT it FROM asked WHERE it IS NOT NULL",
        row -> row.getString(1));
  }

  boolean fits(Agent agent, List<Map<String, String>> wanted) {
    return core.config().anyAgent() ? !wanted.isEmpty() : wanted.stream().anyMatch(agent::has);
  }

  /// Agents that have a job.
  Set<String> busy(Transaction tx) throws SQLException {
    return new HashSet<>(
        tx.list(
            "SELECT DISTINCT agent FROM jobs WHERE state IN (" + JobState.BUSY + ")",
            row -> row.getString(1)));
  }

  /// A job for an agent that has none.
  ///
  /// @param asks whether others may ask before it is offered something: they may be meant
  /// @return whether there was one
  boolean offer(Transaction tx, String id, boolean asks) throws SQLException {
    Agent agent = Agent.get(tx, id);
    return agent.works() && next(tx, agent, asks).isPresent();
  }

  /// Others may have what an agent was offered and was not told of.
  void giveBack(Transaction tx, String id) throws SQLException {
    for (Job job : Job.ofAgent(tx, id)) {
      if (job.state() == JobState.ASSIGNED) {
        lifecycle.lost(tx, job);
      }
    }
  }

  /// @param asks whether others may ask before it is offered something: they may be meant
  private Optional<Job> next(Transaction tx, Agent agent, boolean asks) throws SQLException {
    List<Next> first = new ArrayList<>();
    for (String asked : asked(tx)) {
      if (core.config().anyAgent() || agent.has(Json.map(asked))) {
        // Those that failed elsewhere may be left to others for minutes: they hide no other.
        first.addAll(queue(tx, asked, "retry_count=0"));
        first.addAll(queue(tx, asked, "retry_count>0"));
      }
    }
    Collections.sort(first);
    for (Next next : first) {
      Job job = Job.get(tx, next.id);
      if (!left(tx, job, agent, asks)
          && !Elsewhere.left(tx, job, agent, other -> fits(other, List.of(job.agents())))) {
        tx.update(
            "UPDATE jobs SET state='assigned', agent=?, assigned=? WHERE id=?",
            agent.id(),
            Core.now(),
            next.id);
        return Optional.of(Job.get(tx, next.id));
      }
    }
    return Optional.empty();
  }

  private static List<Next> queue(Transaction tx, String asked, String which) throws SQLException {
    return tx.list(
        "SELECT id, priority, scheduled, seq FROM jobs WHERE state='scheduled' AND agents=? AND "
            + which
            + " ORDER BY priority DESC, scheduled, seq LIMIT "
            + LOOKED_AT,
        row -> new Next(row.getString(1), row.getInt(2), row.getLong(3), row.getLong(4)),
        asked);
  }

  /// Whether a job is left to an idle agent that has not asked since the job may run: one of the
  /// host that ran its step last, else one with a higher priority. Not for long: one that does not
  /// ask may be gone.
  private boolean left(Transaction tx, Job job, Agent agent, boolean asks) throws SQLException {
    Long since = job.runnable();
    long waits = since == null ? Long.MAX_VALUE : Core.now() - since;
    if (waits > HOME_MILLIS) {
      return false;
    }
    // One that is tried again failed where its step ran last.
    Optional<String> home = job.retryCount() == 0 ? homes.of(tx, job) : Optional.empty();
    boolean here = home.isPresent() && home.equals(agent.host());
    if (home.isPresent() && !here) {
      for (String id : homes.agents(home.get())) {
        if (idle(tx, job, "id=?", id).findAny().isPresent()) {
          return true;
        }
      }
    }
    return asks
        && waits <= ASKED_MILLIS
        && idle(tx, job, "priority>?", agent.priority())
            .anyMatch(other -> !here || other.host().equals(home));
  }

  private Stream<Agent> idle(Transaction tx, Job job, String which, Object value)
      throws SQLException {
    return tx
        .list(
            "SELECT * FROM agents WHERE "
                + Agent.WORKS
                + " AND "
                + which
                + " AND NOT EXISTS (SELECT 1 FROM jobs WHERE"
                + " agent=agents.id AND state IN ("
                + JobState.BUSY
                + "))",
            Agent::row,
            value)
        .stream()
        .filter(other -> fits(other, List.of(job.agents())));
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
    Agent agent = Agent.get(tx, agentId);
    homes.runs(tx, job, agent);
    return payload(tx, job, agent, base);
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
    return Map.ofEntries(
        Map.entry("id", job.id()),
        Map.entry("state", "accepted"),
        Map.entry("env", Environment.of(tx, core.config().organization(), job, agent, base)),
        Map.entry("step", Json.MAPPER.readTree(StepRow.definition(tx, job.step()))),
        Map.entry("matrix_permutation", job.matrix()),
        Map.entry("chunks_max_size_bytes", 102_400),
        Map.entry("chunks_interval_seconds", 1),
        Map.entry("log_max_size_bytes", Logs.LIMIT),
        Map.entry("token", core.tokens().sign(Tokens.JOB, job.id())),
        Map.entry("priority", job.priority()),
        Map.entry(
            "runnable_at",
            RestViews.time(job.runnable() == null ? job.created() : job.runnable())));
  }
}
