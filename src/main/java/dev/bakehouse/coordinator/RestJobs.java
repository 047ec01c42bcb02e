package dev.bakehouse.coordinator;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// `/v2`: jobs, their logs and environments.
final class RestJobs {
  private final Core core;
  private final RestAccess access;
  private final Logs logs;
  private final BuildControl control;
  private final Builds builds;

  private record Unblock(@Nullable String unblocker, @Nullable Map<String, String> fields) {}

  private record Reprioritize(@Nullable Integer priority) {}

  RestJobs(Core core, RestAccess access, Logs logs, Builds builds, BuildControl control) {
    this.core = core;
    this.builds = builds;
    this.access = access;
    this.logs = logs;
    this.control = control;
  }

  void routes(Router router) {
    String all = RestAccess.BUILD + "/jobs";
    access.add(router, "GET", all, ApiScope.READ_BUILDS, this::list);
    access.addJob(router, "GET", "", ApiScope.READ_BUILDS, this::show);
    access.addJob(router, "GET", "/log", ApiScope.READ_BUILD_LOGS, this::log);
    access.addJob(router, "GET", "/log.txt", ApiScope.READ_BUILD_LOGS, this::rawLog);
    access.addJob(router, "GET", "/log/part", ApiScope.READ_BUILD_LOGS, this::logPart);
    access.addJob(router, "GET", "/env", ApiScope.READ_JOB_ENV, this::env);
    access.addJob(router, "GET", "/env.txt", ApiScope.READ_JOB_ENV, this::envText);
    access.addJob(router, "PUT", "/retry", ApiScope.WRITE_BUILDS, this::retry);
    access.addJob(router, "PUT", "/cancel", ApiScope.WRITE_BUILDS, this::cancel);
    access.addJob(router, "PUT", "/unblock", ApiScope.WRITE_BUILDS, this::unblock);
    access.addJob(router, "PUT", "/reprioritize", ApiScope.WRITE_BUILDS, this::reprioritize);
  }

  /// All at once: a build has few enough, and the answer's `next` may be absent.
  private Reply list(Request request, RestViews views) {
    Build build = access.build(request);
    List<String> states = request.all("state");
    Optional<String> key = request.asked("step_key");
    boolean retried = request.asked("include_retried_jobs").filter("false"::equals).isEmpty();
    List<Map<String, Object>> items =
        core.database().read(tx -> Views.build(tx, build.id())).jobs().stream()
            .filter(j -> states.isEmpty() || states.contains(j.state().wire()))
            .filter(j -> key.isEmpty() || key.get().equals(j.key()))
            .filter(j -> retried || !j.retried())
            .map(j -> views.job(build, j))
            .toList();
    String self = views.buildUrl(build.pipeline(), build.number()) + "/jobs";
    return Reply.json(Map.of("items", items, "links", Map.of("self", self)));
  }

  private Reply show(Request request, RestViews views, Job job) {
    return Reply.json(shown(views, job.id()));
  }

  private Map<String, Object> shown(RestViews views, String id) {
    return core.database()
        .read(
            tx -> {
              Job job = Job.get(tx, id);
              Map<String, Object> all =
                  new LinkedHashMap<>(views.job(Build.get(tx, job.build()), Views.job(tx, job)));
              all.put("waiting_for", JobWaits.of(tx, job));
              all.put("left_to_others_by", leftBy(tx, job));
              return all;
            });
  }

  /// The machines that leave a job to others.
  private Set<String> leftBy(Transaction tx, Job job) throws SQLException {
    boolean any = core.config().anyAgent();
    return job.state() == JobState.SCHEDULED
        ? Elsewhere.from(tx, job, agent -> any || agent.has(job.agents()))
        : Set.of();
  }

  private Reply log(Request request, RestViews views, Job job) {
    if (request.header("Accept").filter(a -> a.startsWith("text/plain")).isPresent()) {
      return logs.text(job.id());
    }
    String url = views.base() + "/jobs/" + job.id() + "/log";
    return logs.json(job.id(), Map.of("url", url, "header_times", List.of()));
  }

  private Reply rawLog(Request request, RestViews views, Job job) {
    return logs.text(job.id());
  }

  /// What follows byte `from` of the log; with `tail`, at most its last so many bytes. Buildkite
  /// has no such thing. `Bakehouse-From` and `Bakehouse-Next` say which bytes these are,
  /// `Bakehouse-Ended` whether the job has ended: then an empty part is the log's end.
  private Reply logPart(Request request, RestViews views, Job job) {
    // Before it is read: what came until then is in the part.
    boolean ended = core.database().read(tx -> Job.get(tx, job.id())).state().ended();
    long from = RestPage.natural(request, "from", 0);
    Optional<String> tail = request.asked("tail");
    if (tail.isPresent()) {
      from = Math.max(from, logs.size(job.id()) - RestPage.natural(request, "tail", 0));
    }
    Logs.Part part = logs.read(job.id(), from, ended);
    return new Reply.Body(
        200,
        "application/octet-stream",
        part.bytes(),
        Map.of(
            "Bakehouse-From", String.valueOf(part.next() - part.bytes().length),
            "Bakehouse-Next", String.valueOf(part.next()),
            "Bakehouse-Ended", String.valueOf(ended)));
  }

  private Map<String, String> environment(Request request, Job job) {
    if (!job.type().equals(Job.SCRIPT)) {
      throw new HttpError(400, "This job type has no environment");
    }
    return core.database()
        .read(
            tx -> {
              String agent = job.agent();
              Optional<Agent> one = agent == null ? Optional.empty() : Agent.find(tx, agent);
              String organization = core.config().organization();
              return Environment.of(tx, organization, job, one.orElse(null), request.base());
            });
  }

  private Reply env(Request request, RestViews views, Job job) {
    return Reply.json(Map.of("env", environment(request, job)));
  }

  private Reply envText(Request request, RestViews views, Job job) {
    return Reply.text(
        environment(request, job).entrySet().stream()
            .map(e -> e.getKey() + "=" + e.getValue() + "\n")
            .collect(Collectors.joining())
            .getBytes(StandardCharsets.UTF_8));
  }

  private Reply retry(Request request, RestViews views, Job job) {
    String next = core.database().call(tx -> control.retry(tx, Job.get(tx, job.id())));
    return Reply.json(shown(views, next));
  }

  private Reply cancel(Request request, RestViews views, Job job) {
    core.database().run(tx -> control.cancelJob(tx, Job.get(tx, job.id())));
    return Reply.json(shown(views, job.id()));
  }

  private Reply unblock(Request request, RestViews views, Job job) {
    Unblock wanted = request.json(Unblock.class);
    Map<String, String> fields = wanted.fields == null ? Map.of() : wanted.fields;
    fields.forEach((key, value) -> Request.need(value, "fields[" + key + "]"));
    core.database().run(tx -> builds.unblock(tx, job.build(), job.id(), fields, wanted.unblocker));
    return Reply.json(shown(views, job.id()));
  }

  private Reply reprioritize(Request request, RestViews views, Job job) {
    Integer priority = request.json(Reprioritize.class).priority;
    if (priority == null) {
      throw new HttpError(400, "Priority must be an integer");
    }
    core.database()
        .run(
            tx -> {
              JobState state = Job.get(tx, job.id()).state();
              if (state.ended()) {
                throw new HttpError(422, "The job has ended already; it is " + state.wire());
              }
              tx.update("UPDATE jobs SET priority=? WHERE id=?", priority, job.id());
            });
    return Reply.json(shown(views, job.id()));
  }
}
