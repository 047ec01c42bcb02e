package dev.bakehouse.coordinator;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The life of an agent: from `register` to `disconnect`.
final class AgentApi {
  private static final int INTERVAL_SECONDS = 1;

  /// Not longer: an agent that is told to leave hears of it only when it has its answer.
  private static final Duration HELD = Duration.ofMillis(INTERVAL_SECONDS * 900L);

  private final Core core;
  private final Access access;
  private final Dispatcher dispatcher;
  private final Lifecycle lifecycle;
  private final Waiting waiting;

  private record Register(
      @Nullable String name,
      @Nullable String hostname,
      @Nullable String version,
      @Nullable Boolean ignoreInDispatches,
      @Nullable String priority,
      @Nullable List<String> metaData) {}

  private record Heartbeat(@Nullable String sentAt) {}

  private record Stop(@Nullable Boolean force) {}

  private record Leaving(@Nullable String name) {}

  AgentApi(Core core, Access access, Dispatcher dispatcher, Lifecycle lifecycle, Waiting waiting) {
    this.waiting = waiting;
    this.core = core;
    this.access = access;
    this.dispatcher = dispatcher;
    this.lifecycle = lifecycle;
  }

  void routes(Router router) {
    router.add("GET", "/v3/token", this::token);
    router.add("POST", "/v3/register", this::register);
    router.add("POST", "/v3/connect", this::connect);
    router.add("GET", "/v3/ping", this::ping);
    router.add("POST", "/v3/heartbeat", this::heartbeat);
    router.add("POST", "/v3/stop", this::stop);
    router.add("POST", "/v3/leaving", this::leaving);
    router.add("POST", "/v3/disconnect", this::disconnect);
    router.add("POST", "/v3/pause", this::pause);
    router.add("POST", "/v3/resume", this::resume);
    router.add("PUT", "/v3/jobs/:id/accept", this::accept);
    router.add("PUT", "/v3/jobs/:id/acquire", this::acquire);
  }

  private Reply register(Request request) {
    access.registration(request);
    Register agent = request.json(Register.class);
    String name = Request.need(agent.name, "name");
    List<String> tags = agent.metaData == null ? List.of() : agent.metaData;
    Integer priority = priority(agent.priority);
    String id = Core.id();
    core.database()
        .run(
            tx ->
                tx.update(
                    "INSERT INTO agents VALUES (?,?,?,?,?,'registered',?,0,0,?,?,NULL,NULL)",
                    id,
                    name,
                    agent.hostname == null ? "" : agent.hostname,
                    agent.version == null ? "" : agent.version,
                    Json.text(tags),
                    Boolean.TRUE.equals(agent.ignoreInDispatches) ? 1 : 0,
                    Core.now(),
                    priority));
    core.heard(id);
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("id", id);
    answer.put("name", name);
    answer.put("access_token", core.tokens().sign(Tokens.AGENT, id));
    answer.put("ping_interval", INTERVAL_SECONDS);
    answer.put("job_status_interval", INTERVAL_SECONDS);
    long heartbeat = core.config().lostAfter().toSeconds() / 5;
    answer.put("heartbeat_interval", Math.max(1, Math.min(10, heartbeat)));
    answer.put("meta_data", tags);
    return Reply.json(answer);
  }

  private static @Nullable Integer priority(@Nullable String written) {
    if (written == null || written.isBlank()) {
      return null;
    }
    try {
      return Integer.valueOf(written.strip());
    } catch (NumberFormatException e) {
      throw new HttpError(422, "An agent's priority is a whole number");
    }
  }

  /// Whose the registration token is.
  private Reply token(Request request) {
    access.registration(request);
    String organization = core.config().organization();
    return Reply.json(
        Map.of(
            "uuid",
            UUID.nameUUIDFromBytes(Json.bytes(organization)).toString(),
            "description",
            "The registration token of this coordinator",
            "token_type",
            "agent",
            "organization_slug",
            organization));
  }

  private Reply connect(Request request) {
    String id = access.agent(request);
    core.database().call(tx -> dispatcher.connect(tx, id));
    return Reply.done();
  }

  /// An agent for which there is nothing is answered when there is something, or when it is nearly
  /// time for it to ask again.
  private Reply ping(Request request) {
    String id = access.agent(request);
    long until = System.nanoTime() + HELD.toNanos();
    // It waits before it asks: so nothing can happen between the two.
    try (Waiting.Waiter mine = waiting.begin(id, true)) {
      Dispatcher.Answer answer = ask(id);
      if (answer.body().isEmpty()) {
        mine.ready(answer.agent());
        Waiting.@Nullable Word word = mine.next(until);
        answer = word == null || word instanceof Waiting.End ? answer : ask(id);
      }
      return Reply.json(answer.body());
    }
  }

  private Dispatcher.Answer ask(String id) {
    return core.database().call(tx -> dispatcher.ping(tx, id));
  }

  private Reply heartbeat(Request request) {
    String id = access.agent(request);
    if (core.database()
        .read(tx -> Agent.find(tx, id))
        .filter(a -> a.state().equals("lost"))
        .isPresent()) {
      core.database().call(tx -> dispatcher.connect(tx, id));
    }
    String sent = request.json(Heartbeat.class).sentAt;
    String now = Instant.now().toString();
    return Reply.json(Map.of("sent_at", sent == null ? now : sent, "received_at", now));
  }

  /// The agent ends after its job; with force its job is cancelled.
  private Reply stop(Request request) {
    String id = access.agentOrJob(request);
    boolean force = Boolean.TRUE.equals(request.json(Stop.class).force);
    core.database()
        .run(
            tx -> {
              tx.update("UPDATE agents SET stopping=1 WHERE id=?", id);
              if (force) {
                lifecycle.leave(tx, id);
              }
            });
    waiting.tell(id);
    return Reply.done();
  }

  /// No request of Buildkite's: a host says that it has asked its agent to leave, which the agent
  /// does not heed while its ping is held.
  private Reply leaving(Request request) {
    access.registration(request);
    String name = Request.need(request.json(Leaving.class).name, "name");
    String those = " WHERE name=? AND state='connected'";
    List<String> ids =
        core.database()
            .call(
                tx -> {
                  List<String> all =
                      tx.list("SELECT id FROM agents" + those, row -> row.getString(1), name);
                  tx.update("UPDATE agents SET stopping=1" + those, name);
                  return all;
                });
    ids.forEach(waiting::tell);
    return Reply.done();
  }

  private Reply disconnect(Request request) {
    String id = access.agent(request);
    core.database()
        .run(
            tx -> {
              tx.update("UPDATE agents SET state='disconnected' WHERE id=?", id);
              for (Job job : Job.ofAgent(tx, id)) {
                lifecycle.lost(tx, job);
              }
            });
    waiting.end(id);
    core.seen().remove(id);
    return Reply.done();
  }

  private Reply pause(Request request) {
    String id = access.agentOrJob(request);
    AgentPause pause = request.json(AgentPause.class);
    long until = access.byJob(request) ? pause.shortly() : pause.until();
    core.database().run(tx -> pause.begin(tx, id, until));
    waiting.tell(id);
    return Reply.done();
  }

  private Reply resume(Request request) {
    String id = access.agentOrJob(request);
    core.database().run(tx -> tx.update("UPDATE agents SET paused=0 WHERE id=?", id));
    waiting.tell(id);
    return Reply.done();
  }

  private Reply accept(Request request) {
    String id = access.agent(request);
    return Reply.json(
        core.database().call(tx -> dispatcher.accept(tx, id, request.var("id"), request.base())));
  }

  private Reply acquire(Request request) {
    String id = access.agent(request);
    return Reply.json(
        core.database().call(tx -> dispatcher.acquire(tx, id, request.var("id"), request.base())));
  }
}
