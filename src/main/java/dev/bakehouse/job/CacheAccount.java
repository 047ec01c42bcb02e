package dev.bakehouse.job;

import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.CacheHistory;
import dev.bakehouse.cache.CacheReport;
import dev.bakehouse.cache.CacheRun;
import dev.bakehouse.cache.CacheRun.Moved;
import dev.bakehouse.cache.CacheStats;
import dev.bakehouse.cache.HitDrop;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Reason;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.StepFigures;
import dev.bakehouse.cache.StepRule.Decision;
import dev.bakehouse.platform.UserError;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Tells how a job's caches served: in the log, in the store's history, and on the build's page.
/// Nothing here fails a job.
final class CacheAccount {
  private static final int RUNS = 10;

  private final Job job;
  private final JobScope scope;
  private final Decision decision;

  CacheAccount(Job job, JobScope scope, Decision decision) {
    this.job = job;
    this.scope = scope;
    this.decision = decision;
  }

  /// @param restored by kind, as is `saved`
  /// @param missed why nothing was restored, if so
  /// @param checkout where the sources lay
  /// @return a run of each cache
  List<CacheRun> settle(
      Map<String, CacheReport> restored,
      Map<String, CacheReport> saved,
      StepFigures figures,
      Optional<Reason> missed,
      String checkout,
      Phases phases) {
    List<CacheRun> runs = new ArrayList<>();
    for (CacheRun run : runs(restored, saved, figures, missed, checkout)) {
      runs.add(judged(run, phases));
    }
    if (!runs.isEmpty()) {
      CacheAnnotation.publish(job, runs, phases);
    }
    return runs;
  }

  private List<CacheRun> runs(
      Map<String, CacheReport> restored,
      Map<String, CacheReport> saved,
      StepFigures figures,
      Optional<Reason> missed,
      String checkout) {
    Map<String, CacheStats> stats =
        figures.stats().stream()
            .collect(
                Collectors.toMap(
                    CacheStats::kind, Function.identity(), (a, b) -> b, LinkedHashMap::new));
    decision.kinds().stream()
        .map(Kind::name)
        .forEach(kind -> stats.putIfAbsent(kind, new CacheStats(kind, 0, 0)));
    Scope own = scope.access().reads().getFirst().scope();
    List<CacheRun> runs = new ArrayList<>();
    for (CacheStats each : stats.values()) {
      Optional<CacheReport> came = Optional.ofNullable(restored.get(each.kind()));
      Optional<CacheReport> went =
          Optional.ofNullable(saved.get(each.kind())).filter(r -> r.source() != null);
      Optional<CacheReport> whole = came.filter(r -> r.source() != null);
      String reason = whole.isPresent() ? "" : missed.map(Reason::name).orElse("");
      runs.add(
          new CacheRun(
              Instant.now(),
              own.pipeline(),
              own.ref().text(),
              own.platform(),
              job.text("BUILDKITE_BUILD_ID"),
              number(job.text("BUILDKITE_BUILD_NUMBER")),
              scope.identity().step().text(),
              each.kind(),
              decision.strategy().toString(),
              whole.map(r -> String.valueOf(r.source())).orElse(""),
              came.map(CacheReport::why).orElse(decision.why()),
              reason,
              each.hits(),
              each.misses(),
              whole.map(Moved::of).orElse(Moved.NOTHING),
              went.map(Moved::of).orElse(Moved.NOTHING),
              figures.tools(),
              checkout,
              figures.counters().getOrDefault("cleanups_performed", 0L),
              ""));
    }
    return runs;
  }

  /// The run with the cause of its misses, after it went into the history.
  private CacheRun judged(CacheRun run, Phases phases) {
    try {
      CacheHistory history = new CacheHistory(scope.blobs());
      CacheRun judged = run.with(HitDrop.cause(run, before(history, run)).orElse(""));
      if (!judged.cause().isEmpty()) {
        phases.say("Caches: " + run.kind() + ": " + judged.cause());
      }
      if (scope.access().writes().isPresent()) {
        history.add(judged);
      }
      return judged;
    } catch (UserError e) {
      phases.say("Caches: " + e.getMessage());
      return run;
    }
  }

  /// Runs of the nearest scope that has some.
  private List<CacheRun> before(CacheHistory history, CacheRun run) {
    for (Access.Read read : scope.access().reads()) {
      List<CacheRun> runs = history.last(read.scope(), run.kind(), run.step(), RUNS);
      if (!runs.isEmpty()) {
        return runs;
      }
    }
    return List.of();
  }

  private static int number(String text) {
    return text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : 0;
  }
}
