package dev.bakehouse.local;

import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.JobView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A build as `--json` tells it.
///
/// @param state `passed`, `failed`, `canceled`
/// @param seconds from the build's creation to its end
public record BuildReport(String state, double seconds, List<StepReport> steps) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /// One job that ran.
  ///
  /// @param exit as the agent reported it
  /// @param host the host's name, empty when it ran without a Bakehouse host
  /// @param phases phase → seconds
  /// @param caches what its caches did
  public record StepReport(
      String key,
      double seconds,
      int exit,
      String host,
      String vm,
      Map<String, Double> phases,
      List<CacheReport> caches) {
    /// Seconds of the job's own command.
    public double command() {
      return phases.getOrDefault("command", 0.0);
    }
  }

  /// Figures of one cache in one job, as the tool itself counts.
  ///
  /// @param source what it was restored from, empty for nothing
  public record CacheReport(String kind, long hits, long misses, String source) {}

  public boolean passed() {
    return state.equals("passed");
  }

  /// All caches of all steps, added up by kind.
  public List<CacheReport> caches() {
    Map<String, CacheReport> sums = new LinkedHashMap<>();
    steps.stream()
        .flatMap(s -> s.caches().stream())
        .forEach(
            c ->
                sums.merge(
                    c.kind(),
                    c,
                    (a, b) ->
                        new CacheReport(
                            a.kind(),
                            a.hits() + b.hits(),
                            a.misses() + b.misses(),
                            a.source().isEmpty() ? b.source() : a.source())));
    return List.copyOf(sums.values());
  }

  /// Seconds of all jobs' own commands.
  public double command() {
    return steps.stream().mapToDouble(StepReport::command).sum();
  }

  public static BuildReport of(BuildView build) {
    List<StepReport> steps = new ArrayList<>();
    for (JobView job : build.jobs()) {
      if (job.started() != null && !job.retried()) {
        steps.add(step(job));
      }
    }
    long end = build.finished() == null ? System.currentTimeMillis() : build.finished();
    return new BuildReport(build.state(), (end - build.created()) / 1000.0, steps);
  }

  private static StepReport step(JobView job) {
    JsonNode told = told(job);
    Map<String, Double> phases = new LinkedHashMap<>();
    told.path("phases")
        .propertyStream()
        .forEach(e -> phases.put(e.getKey(), e.getValue().asDouble()));
    List<CacheReport> caches = new ArrayList<>();
    told.path("caches")
        .forEach(
            c ->
                caches.add(
                    new CacheReport(
                        c.path("kind").asString(),
                        c.path("hits").asLong(),
                        c.path("misses").asLong(),
                        c.path("source").asString(""))));
    int exit = Optional.ofNullable(job.exitStatus()).map(Integer::parseInt).orElse(-1);
    return new StepReport(
        job.title(),
        job.seconds(),
        exit,
        told.path("host").asString(""),
        told.path("vm").asString(""),
        phases,
        caches);
  }

  private static JsonNode told(JobView job) {
    try {
      return JSON.readTree(job.phases() == null ? "{}" : job.phases());
    } catch (JacksonException e) {
      return JSON.createObjectNode();
    }
  }
}
