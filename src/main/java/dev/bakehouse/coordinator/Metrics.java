package dev.bakehouse.coordinator;

import java.util.Map;
import java.util.TreeMap;

/// `/v3/metrics`: how many agents and jobs there are, as `buildkite-agent-metrics` reads it, with
/// the registration token.
final class Metrics {
  private static final String POLL = "Buildkite-Agent-Metrics-Poll-Duration";
  private static final Map<String, String> HEADERS = Map.of(POLL, "10");
  private static final String NAME = "Default cluster";

  private final Core core;
  private final Access access;

  /// What there is of agents.
  private static final class Agents {
    private int idle;
    private int busy;

    Map<String, Object> shown() {
      return Map.of("idle", idle, "busy", busy, "total", idle + busy);
    }
  }

  /// What there is of jobs that have not ended.
  private static final class Jobs {
    private int scheduled;
    private int running;
    private int waiting;

    Map<String, Object> shown() {
      int total = scheduled + running + waiting;
      return Map.of("scheduled", scheduled, "running", running, "waiting", waiting, "total", total);
    }

    void count(JobState state, int count) {
      if (state.busy()) {
        running += count;
      } else if (state == JobState.SCHEDULED) {
        scheduled += count;
      } else {
        waiting += count;
      }
    }
  }

  /// All, and each queue.
  private record Counted(
      Agents agents, Jobs jobs, Map<String, Agents> agentQueues, Map<String, Jobs> jobQueues) {}

  Metrics(Core core, Access access) {
    this.core = core;
    this.access = access;
  }

  void routes(Router router) {
    router.add("GET", "/v3/metrics", this::all);
    router.add("GET", "/v3/metrics/queue", this::queue);
  }

  private Reply all(Request request) {
    access.registration(request);
    Counted counted = core.database().read(this::count);
    Map<String, Object> agents = new TreeMap<>(counted.agents.shown());
    Map<String, Object> jobs = new TreeMap<>(counted.jobs.shown());
    Map<String, Object> agentQueues = new TreeMap<>();
    Map<String, Object> jobQueues = new TreeMap<>();
    counted.agentQueues.forEach((name, queue) -> agentQueues.put(name, queue.shown()));
    counted.jobQueues.forEach((name, queue) -> jobQueues.put(name, queue.shown()));
    agents.put("queues", agentQueues);
    jobs.put("queues", jobQueues);
    return reply(agents, jobs);
  }

  private Reply queue(Request request) {
    access.registration(request);
    String name = Request.need(request.asked("name").orElse(null), "name");
    Counted counted = core.database().read(this::count);
    return reply(
        counted.agentQueues.getOrDefault(name, new Agents()).shown(),
        counted.jobQueues.getOrDefault(name, new Jobs()).shown());
  }

  private Reply reply(Map<String, Object> agents, Map<String, Object> jobs) {
    Map<String, Object> body =
        Map.of(
            "agents",
            agents,
            "jobs",
            jobs,
            "organization",
            Map.of("slug", core.config().organization()),
            "cluster",
            Map.of("name", NAME));
    return new Reply.Body(200, "application/json", Json.bytes(body), HEADERS);
  }

  private Counted count(Transaction tx) throws java.sql.SQLException {
    Counted all = new Counted(new Agents(), new Jobs(), new TreeMap<>(), new TreeMap<>());
    tx.list(
            "SELECT *, EXISTS (SELECT 1 FROM jobs WHERE agent=agents.id AND state IN ("
                + JobState.BUSY
                + ")) AS busy"
                + " FROM agents WHERE state='connected'",
            row -> Map.entry(Agent.row(row), row.getBoolean("busy")))
        .forEach(entry -> agent(all, entry.getKey(), entry.getValue()));
    tx.list(
            "SELECT state, agents, count(*) FROM jobs WHERE type='script' AND state IN ('waiting','blocked','limited',"
                + "'scheduled',"
                + JobState.BUSY
                + ") GROUP BY state, agents",
            row -> new Group(JobState.of(row.getString(1)), row.getString(2), row.getInt(3)))
        .forEach(
            group -> {
              String queue = Json.map(group.agents).getOrDefault("queue", "default");
              all.jobs.count(group.state, group.count);
              all.jobQueues.computeIfAbsent(queue, _ -> new Jobs()).count(group.state, group.count);
            });
    return all;
  }

  private record Group(JobState state, String agents, int count) {}

  private static void agent(Counted all, Agent agent, boolean busy) {
    add(all.agents, busy);
    for (String queue : agent.queues()) {
      add(all.agentQueues.computeIfAbsent(queue, _ -> new Agents()), busy);
    }
  }

  private static void add(Agents agents, boolean busy) {
    agents.busy += busy ? 1 : 0;
    agents.idle += busy ? 0 : 1;
  }
}
