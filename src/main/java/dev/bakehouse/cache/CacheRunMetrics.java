package dev.bakehouse.cache;

import dev.bakehouse.cache.CacheRun.Moved;
import dev.bakehouse.platform.PrometheusText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/// How caches served, for Prometheus.
///
/// The figures are of the last runs, so they go up and down. Branches are no labels, there is no
/// end of them: the runs of all branches count together.
public final class CacheRunMetrics {
  private final PrometheusText text;
  private final Map<String, String> more;

  /// @param more labels that all samples have
  public CacheRunMetrics(PrometheusText text, Map<String, String> more) {
    this.text = text;
    this.more = Map.copyOf(more);
  }

  /// Appends the families.
  ///
  /// @param history runs of any caches
  /// @param last so many runs of a step's cache count
  public void runs(List<CacheRun> history, int last) {
    Map<Map<String, String>, List<CacheRun>> all = series(history, last);
    each(
        "bakehouse_cache_runs",
        "The last runs of a step, of which the others tell.",
        all,
        List::size);
    each(
        "bakehouse_cache_hits",
        "What the tool found in its cache.",
        all,
        runs -> sum(runs, CacheRun::hits));
    each(
        "bakehouse_cache_misses",
        "What it did not find.",
        all,
        runs -> sum(runs, CacheRun::misses));
    text.gauge("bakehouse_cache_hit_ratio", "Hits of all it looked for, from 0 to 1.");
    all.forEach((labels, runs) -> ratio(runs).ifPresent(rate -> text.sample(labels, rate)));
    moved("restore", "Brought in.", all, CacheRun::restored);
    moved("save", "Saved.", all, CacheRun::saved);
    each(
        "bakehouse_cache_last_run_timestamp_seconds",
        "When the last of them had ended.",
        all,
        runs -> runs.getFirst().ended().toEpochMilli() / 1e3);
  }

  private void moved(
      String verb,
      String help,
      Map<Map<String, String>, List<CacheRun>> all,
      Function<CacheRun, Moved> of) {
    each(
        "bakehouse_cache_" + verb + "_bytes",
        help,
        all,
        runs -> sum(runs, run -> of.apply(run).bytes()));
    each(
        "bakehouse_cache_" + verb + "_seconds",
        "Time that took, one after the other.",
        all,
        runs -> runs.stream().map(of).mapToDouble(Moved::seconds).sum());
  }

  private void each(
      String name,
      String help,
      Map<Map<String, String>, List<CacheRun>> all,
      Function<List<CacheRun>, Number> of) {
    text.gauge(name, help);
    all.forEach((labels, runs) -> text.sample(labels, of.apply(runs)));
  }

  private static long sum(List<CacheRun> runs, ToLongFunction<CacheRun> of) {
    return runs.stream().mapToLong(of).sum();
  }

  private static OptionalDouble ratio(List<CacheRun> runs) {
    long hits = sum(runs, CacheRun::hits);
    long asked = hits + sum(runs, CacheRun::misses);
    return asked == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) hits / asked);
  }

  /// The newest runs by their labels, newest first.
  private Map<Map<String, String>, List<CacheRun>> series(List<CacheRun> history, int last) {
    Map<Map<String, String>, List<CacheRun>> series = new LinkedHashMap<>();
    history.stream()
        .sorted(Comparator.comparing(CacheRun::ended).reversed())
        .forEach(
            run -> {
              List<CacheRun> runs = series.computeIfAbsent(labels(run), _ -> new ArrayList<>());
              if (runs.size() < last) {
                runs.add(run);
              }
            });
    return series;
  }

  private Map<String, String> labels(CacheRun run) {
    Map<String, String> labels = new LinkedHashMap<>(more);
    labels.put("pipeline", run.pipeline());
    labels.put("platform", run.platform());
    labels.put("step", run.step());
    labels.put("kind", run.kind());
    return labels;
  }
}
