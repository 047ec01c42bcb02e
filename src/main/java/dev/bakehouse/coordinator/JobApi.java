package dev.bakehouse.coordinator;

import java.io.IOException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What an agent tells of the job it runs.
final class JobApi {
  static final int CHUNK_LIMIT = 8 << 20;
  private static final Pattern VERSION = Pattern.compile("^buildkite-agent/3\\.([0-9]{1,6})\\b");

  private final Core core;
  private final Access access;
  private final Lifecycle lifecycle;
  private final Logs logs;

  private record Update(@Nullable String priority) {}

  private record Finish(
      @Nullable String exitStatus,
      @Nullable String signal,
      @Nullable String signalReason,
      @Nullable Boolean ignoreAgentInDispatches) {}

  JobApi(Core core, Access access, Lifecycle lifecycle, Logs logs) {
    this.core = core;
    this.access = access;
    this.lifecycle = lifecycle;
    this.logs = logs;
  }

  void routes(Router router) {
    router.add("GET", "/v3/jobs/:id", this::state);
    router.add("PUT", "/v3/jobs/:id", this::update);
    router.add("PUT", "/v3/jobs/:id/start", this::start);
    router.add("POST", "/v3/jobs/:id/oidc/tokens", request -> none(request, "OIDC tokens"));
    router.add(
        "POST",
        "/v3/jobs/:id/repository_access_token",
        request -> none(request, "repository access tokens"));
    router.add("PUT", "/v3/jobs/:id/finish", this::finish);
    router.add("POST", "/v3/jobs/:id/chunks", this::chunk);
    router.add("POST", "/v3/jobs/:id/header_times", this::headerTimes);
  }

  /// A job that was given up tells its agent, if that is still there, to stop.
  private Reply state(Request request) {
    String id = access.job(request);
    Job job = core.database().read(tx -> Job.get(tx, id));
    String state = job.state().ended() ? JobState.CANCELED.wire() : job.state().wire();
    if (job.state() == JobState.TIMING_OUT && !knowsTimeouts(request)) {
      state = JobState.CANCELING.wire();
    }
    return Reply.json(Map.of("id", id, "state", state));
  }

  /// Older agents ignore `timing_out`; the first version tried that does not is 3.138.
  private static boolean knowsTimeouts(Request request) {
    Matcher version = VERSION.matcher(request.header("User-Agent").orElse(""));
    return version.find() && Integer.parseInt(version.group(1)) >= 138;
  }

  /// What jobs can have of Buildkite and nobody would trust if it came from here.
  private Reply none(Request request, String what) {
    access.job(request);
    throw new HttpError(422, "This coordinator gives out no " + what);
  }

  private Reply update(Request request) {
    String id = access.running(request);
    Update update = request.json(Update.class);
    int priority;
    try {
      priority = Integer.parseInt(Request.need(update.priority, "priority").strip());
    } catch (NumberFormatException e) {
      throw new HttpError(422, "A priority is a whole number");
    }
    core.database().run(tx -> tx.update("UPDATE jobs SET priority=? WHERE id=?", priority, id));
    return Reply.json(Map.of("id", id));
  }

  private Reply start(Request request) {
    String id = access.job(request);
    boolean started = core.database().call(tx -> lifecycle.start(tx, Job.get(tx, id)));
    if (!started) {
      throw new HttpError(422, "The job is not to be started any more");
    }
    return Reply.done();
  }

  private Reply finish(Request request) {
    String id = access.job(request);
    Finish finish = request.json(Finish.class);
    String exitStatus = Request.need(finish.exitStatus, "exit_status");
    core.database()
        .run(
            tx -> {
              Job job = Job.get(tx, id);
              if (job.state().held() && Boolean.TRUE.equals(finish.ignoreAgentInDispatches)) {
                // It is to leave; where a job alone says so, its host starts it again.
                tx.update("UPDATE agents SET stopping=1 WHERE id=?", job.agent());
              }
              lifecycle.finish(
                  tx, job, new Lifecycle.End(exitStatus, finish.signal, finish.signalReason));
            });
    return Reply.done();
  }

  private Reply chunk(Request request) throws IOException {
    String id = access.job(request);
    int sequence = (int) number(request, "sequence");
    long offset = number(request, "offset");
    byte[] bytes = request.body(CHUNK_LIMIT);
    if (request.asked("size").isPresent() && number(request, "size") != bytes.length) {
      throw new HttpError(400, "The chunk does not have the size it names");
    }
    logs.write(id, sequence, offset, bytes);
    return Reply.done();
  }

  /// Times of log headers; the log itself holds them already, in the agent's default mode.
  private Reply headerTimes(Request request) {
    access.job(request);
    request.body(CHUNK_LIMIT);
    return Reply.done();
  }

  private static long number(Request request, String name) {
    try {
      long value = Long.parseLong(request.asked(name).orElse(""));
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new HttpError(400, "`" + name + "` must be a number from 0");
  }
}
