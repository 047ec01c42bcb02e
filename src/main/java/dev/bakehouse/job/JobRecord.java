package dev.bakehouse.job;

import dev.bakehouse.cache.CacheRun;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// What a host keeps of one job of an agent, see [JobRecords]. Of what a pipeline's author wrote it
/// has names alone, cut short; never an environment, a command or what went wrong in words.
///
/// @param id of the job
/// @param pipeline slug
/// @param build its number, 0 when unknown
/// @param step key, else label
/// @param image it was to run in
/// @param process `PID STARTED`, of the job's own process on the host
/// @param began ISO-8601
/// @param ended ISO-8601; empty while it runs
/// @param outcome one of [#OUTCOMES]
/// @param phase that failed, when the machinery did; else empty
/// @param vm how its VM came to run, `boot`, `resume` or `standby`; empty when none did
/// @param phases phase → seconds, in their order
/// @param caches how they served; of jobs that passed alone
public record JobRecord(
    String id,
    String pipeline,
    int build,
    String step,
    String image,
    String process,
    String began,
    String ended,
    String outcome,
    String phase,
    String vm,
    Map<String, Double> phases,
    List<CacheRun> caches) {
  public static final String RUNNING = "running";
  static final String PASSED = "passed";
  static final String FAILED = "failed";
  static final String CANCELLED = "cancelled";

  /// The machinery failed, not the job.
  public static final String INFRASTRUCTURE = "infrastructure";

  /// Ways for a job to end.
  public static final List<String> OUTCOMES = List.of(PASSED, FAILED, CANCELLED, INFRASTRUCTURE);

  private static final int LONGEST = 200;

  public JobRecord {
    for (String text :
        new String[] {id, pipeline, step, image, process, ended, outcome, phase, vm}) {
      Objects.requireNonNull(text);
    }
    phases.values().forEach(Objects::requireNonNull);
    if (!ended.isEmpty()) {
      Instant _ = Instant.parse(ended);
    }
    phases = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(phases));
    caches = List.copyOf(caches);
    Instant _ = Instant.parse(began);
  }

  static JobRecord begun(Job job, String image, String process) {
    String key = job.stepKey();
    String number = job.text("BUILDKITE_BUILD_NUMBER");
    return new JobRecord(
        cut(job.id()),
        cut(job.text("BUILDKITE_PIPELINE_SLUG")),
        number.matches("[0-9]{1,9}") ? Integer.parseInt(number) : 0,
        cut(key.isEmpty() ? job.text("BUILDKITE_LABEL") : key),
        image,
        process,
        Instant.now().toString(),
        "",
        RUNNING,
        "",
        "",
        Map.of(),
        List.of());
  }

  JobRecord ended(String how, String where, Phases times, List<CacheRun> runs) {
    return new JobRecord(
        id,
        pipeline,
        build,
        step,
        image,
        process,
        began,
        Instant.now().toString(),
        how,
        where,
        times.speed(),
        times.seconds(),
        runs);
  }

  JobRecord withoutCaches() {
    return new JobRecord(
        id, pipeline, build, step, image, process, began, ended, outcome, phase, vm, phases,
        List.of());
  }

  /// From its beginning to its end; empty while it runs.
  public Optional<Duration> took() {
    return ended.isEmpty()
        ? Optional.empty()
        : Optional.of(Duration.between(Instant.parse(began), Instant.parse(ended)));
  }

  private static String cut(String text) {
    return text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
  }
}
