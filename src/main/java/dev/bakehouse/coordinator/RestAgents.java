package dev.bakehouse.coordinator;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/v2`: agents.
final class RestAgents {
  private static final String AGENTS = RestAccess.ROOT + "/agents";

  private final Core core;
  private final RestAccess access;
  private final Lifecycle lifecycle;
  private final Waiting waiting;

  private record Stop(@Nullable Boolean force) {}

  /// @param refused what is said when the agent is so already
  private record Pause(boolean on, String refused) {}

  RestAgents(Core core, RestAccess access, Lifecycle lifecycle, Waiting waiting) {
    this.waiting = waiting;
    this.core = core;
    this.access = access;
    this.lifecycle = lifecycle;
  }

  void routes(Router router) {
    String one = AGENTS + "/:agent";
    access.add(router, "GET", AGENTS, ApiScope.READ_AGENTS, this::list);
    access.add(router, "GET", one, ApiScope.READ_AGENTS, this::show);
    access.add(router, "PUT", one + "/stop", ApiScope.WRITE_AGENTS, this::stop);
    Pause pause = new Pause(true, "Agent is already paused");
    Pause resume = new Pause(false, "Agent is not paused");
    access.add(router, "PUT", one + "/pause", ApiScope.WRITE_AGENTS, (r, _) -> pause(r, pause));
    access.add(router, "PUT", one + "/resume", ApiScope.WRITE_AGENTS, (r, _) -> pause(r, resume));
  }

  /// Connected ones, by name.
  private Reply list(Request request, RestViews views) {
    RestPage page = RestPage.of(request);
    return page.reply(
        core.database()
            .read(
                tx -> {
                  List<Map<String, Object>> all = new ArrayList<>();
                  for (Agent agent :
                      tx.list(
                          "SELECT * FROM agents WHERE state='connected'"
                              + " AND (?1 IS NULL OR name=?1) AND (?2 IS NULL OR hostname=?2)"
                              + " AND (?3 IS NULL OR version=?3)"
                              + " ORDER BY name, id LIMIT ?4 OFFSET ?5",
                          Agent::row,
                          request.asked("name").orElse(null),
                          request.asked("hostname").orElse(null),
                          request.asked("version").orElse(null),
                          page.window().getFirst(),
                          page.window().getLast())) {
                    all.add(shown(tx, agent, views));
                  }
                  return all;
                }));
  }

  private static Map<String, Object> shown(Transaction tx, Agent agent, RestViews views)
      throws SQLException {
    List<Job> jobs = Job.ofAgent(tx, agent.id());
    if (jobs.isEmpty()) {
      return views.agent(agent, null);
    }
    Job job = jobs.getFirst();
    return views.agent(agent, views.job(Build.get(tx, job.build()), Views.job(tx, job)));
  }

  private Reply show(Request request, RestViews views) {
    return Reply.json(core.database().read(tx -> shown(tx, agent(tx, request), views)));
  }

  private static Agent agent(Transaction tx, Request request) throws SQLException {
    return Agent.find(tx, request.var("agent")).orElseThrow(() -> RestAccess.missing("agent"));
  }

  /// Leaves after its job, which is cancelled unless `force` is false.
  private Reply stop(Request request, RestViews views) {
    boolean force = !Boolean.FALSE.equals(request.json(Stop.class).force);
    core.database()
        .run(
            tx -> {
              Agent agent = agent(tx, request);
              if (!agent.state().equals("connected")) {
                throw new HttpError(400, "Can only stop connected agents");
              }
              tx.update("UPDATE agents SET stopping=1 WHERE id=?", agent.id());
              if (force) {
                lifecycle.leave(tx, agent.id());
              }
            });
    waiting.tell(request.var("agent"));
    return Reply.none();
  }

  private Reply pause(Request request, Pause wanted) {
    AgentPause pause = wanted.on ? request.json(AgentPause.class) : new AgentPause(null, null);
    long until = wanted.on ? pause.until() : 0;
    core.database()
        .run(
            tx -> {
              Agent agent = agent(tx, request);
              if (!agent.state().equals("connected")) {
                throw new HttpError(422, "Only connected agents may be paused");
              }
              if (agent.paused() == wanted.on) {
                throw new HttpError(422, wanted.refused);
              }
              pause.begin(tx, agent.id(), until);
            });
    waiting.tell(request.var("agent"));
    return Reply.none();
  }
}
