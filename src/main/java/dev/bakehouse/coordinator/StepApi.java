package dev.bakehouse.coordinator;

import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What jobs ask and change of the steps of their build, and how they cancel it.
final class StepApi {
  private final Core core;
  private final Access access;
  private final Lifecycle lifecycle;
  private final Scheduler scheduler;

  /// @param force whether an agent that does not finish a job is waited for no longer than the
  ///   grace period, in seconds
  private record Cancel(@Nullable Boolean force, @Nullable Integer forceGracePeriod) {
    private static final int USUAL = 10;

    Optional<Duration> limit() {
      int seconds = forceGracePeriod == null ? USUAL : Math.max(0, forceGracePeriod);
      return Optional.of(Duration.ofSeconds(seconds)).filter(_ -> Boolean.TRUE.equals(force));
    }
  }

  private record Export(@Nullable String attribute, @Nullable String format) {}

  private record Update(
      @Nullable String idempotencyUuid,
      @Nullable String attribute,
      @Nullable String value,
      @Nullable Boolean append) {}

  StepApi(Core core, Access access, Lifecycle lifecycle, Scheduler scheduler) {
    this.core = core;
    this.access = access;
    this.lifecycle = lifecycle;
    this.scheduler = scheduler;
  }

  void routes(Router router) {
    router.add("POST", "/v3/steps/:step/export", this::export);
    router.add("PUT", "/v3/steps/:step", this::update);
    router.add("POST", "/v3/steps/:step/cancel", this::cancel);
    router.add("POST", "/v3/builds/:id/cancel", this::cancelBuild);
  }

  private Reply export(Request request) {
    String caller = access.caller(request);
    Export wanted = request.json(Export.class);
    Map<String, Object> all =
        core.database().read(tx -> attributes(tx, find(tx, caller, request.var("step"))));
    String attribute = wanted.attribute == null ? "" : wanted.attribute;
    if (attribute.isEmpty()) {
      return Reply.json(Map.of("output", Json.text(all)));
    }
    if (!all.containsKey(attribute)) {
      throw new HttpError(404, "A step has no attribute " + attribute + "; it has " + all.keySet());
    }
    Object value = all.get(attribute);
    boolean json = "json".equals(wanted.format);
    return Reply.json(Map.of("output", json ? Json.text(value) : String.valueOf(value)));
  }

  private static Map<String, Object> attributes(Transaction tx, StepRow step) throws SQLException {
    List<Job> jobs =
        Job.ofStep(tx, step.id()).stream().filter(job -> job.retriedIn() == null).toList();
    boolean over = jobs.stream().allMatch(job -> job.state().ended());
    boolean begun = jobs.stream().anyMatch(job -> job.started() != null);
    boolean soft = jobs.stream().anyMatch(Job::softFailed);
    boolean good = jobs.stream().allMatch(Job::good);
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("id", step.id());
    all.put("key", step.key() == null ? "" : step.key());
    all.put("label", step.label() == null ? "" : step.label());
    all.put("type", step.kind().equals("block") ? "input" : step.kind());
    all.put("state", over ? "finished" : begun ? "running" : "ready");
    all.put("agents", jobs.stream().findFirst().map(StepApi::rules).orElse(List.of()));
    all.put("outcome", !over ? "neutral" : !good ? "hard_failed" : soft ? "soft_failed" : "passed");
    return all;
  }

  private static List<String> rules(Job job) {
    return job.agents().entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
  }

  private Reply update(Request request) {
    String caller = access.running(request);
    Update update = request.json(Update.class);
    String attribute = Request.need(update.attribute, "attribute");
    String value = Request.need(update.value, "value");
    if (!attribute.equals("label") && !attribute.equals("priority")) {
      throw new HttpError(422, "Only label and priority of a step can be changed");
    }
    core.database()
        .run(
            tx -> {
              StepRow step = find(tx, caller, request.var("step"));
              if (isNew(tx, step.build(), update.idempotencyUuid)) {
                change(tx, step, attribute, value, Boolean.TRUE.equals(update.append));
              }
            });
    return Reply.done();
  }

  private static boolean isNew(Transaction tx, String build, @Nullable String uuid)
      throws SQLException {
    return uuid == null
        || tx.update("INSERT INTO step_updates VALUES (?,?) ON CONFLICT DO NOTHING", build, uuid)
            == 1;
  }

  private static void change(
      Transaction tx, StepRow step, String attribute, String value, boolean append)
      throws SQLException {
    if (attribute.equals("label")) {
      String before = append && step.label() != null ? step.label() : "";
      tx.update("UPDATE steps SET label=? WHERE id=?", before + value, step.id());
      return;
    }
    try {
      tx.update(
          "UPDATE jobs SET priority=? WHERE step=?", Integer.parseInt(value.strip()), step.id());
    } catch (NumberFormatException e) {
      throw new HttpError(422, "A priority is a whole number");
    }
  }

  private Reply cancel(Request request) {
    String caller = access.running(request);
    Optional<Duration> limit = request.json(Cancel.class).limit();
    core.database()
        .run(
            tx -> {
              StepRow step = find(tx, caller, request.var("step"));
              for (Job job : Job.ofStep(tx, step.id())) {
                lifecycle.cancel(tx, job);
                if (limit.isPresent()) {
                  lifecycle.hurry(tx, job.id(), limit.get());
                }
              }
              scheduler.advance(tx, step.build());
            });
    return Reply.json(Map.of("uuid", Core.id()));
  }

  private Reply cancelBuild(Request request) {
    access.jobOfBuild(request);
    core.database().run(tx -> lifecycle.cancelBuild(tx, request.var("id")));
    return Reply.json(Map.of("uuid", Core.id()));
  }

  /// A step of the caller's build by id or key.
  private static StepRow find(Transaction tx, String caller, String name) throws SQLException {
    return StepRow.find(tx, Job.get(tx, caller).build(), name)
        .orElseThrow(() -> HttpError.notFound("Step " + name));
  }
}
