package dev.bakehouse.cli;

import dev.bakehouse.cache.CacheRun;
import dev.bakehouse.cache.CacheRun.Moved;
import dev.bakehouse.cli.CacheStatistics.OfKind;
import dev.bakehouse.platform.PrometheusText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/// The figures of `cache stats` for Prometheus.
///
/// They are of the last runs, so they go up and down. Branches are no labels, there is no end of
/// them: the runs of all branches count together.
final class CacheMetrics {
  private final PrometheusText text = new PrometheusText();

  private CacheMetrics() {}

  /// @param kinds what the store holds
  /// @param history each scope's runs of a step's cache, newest first
  /// @param last so many runs count
  static String of(List<OfKind> kinds, List<List<CacheRun>> history, int last) {
    CacheMetrics metrics = new CacheMetrics();
    metrics.store(kinds);
    metrics.runs(series(history, last));
    return metrics.text.toString();
  }

  private void store(List<OfKind> kinds) {
    ofKinds("bakehouse_cache_entries", "Saved caches.", kinds, OfKind::entries);
    ofKinds("bakehouse_cache_files", "Files in them.", kinds, OfKind::files);
    ofKinds("bakehouse_cache_content_bytes", "What the files hold.", kinds, OfKind::bytes);
    ofKinds(
        "bakehouse_cache_stored_bytes",
        "What they take in the store; what several share counts for each of them.",
        kinds,
        OfKind::stored);
  }

  private void ofKinds(String name, String help, List<OfKind> kinds, ToLongFunction<OfKind> of) {
    text.gauge(name, help);
    kinds.forEach(kind -> text.sample(Map.of("kind", kind.kind()), of.applyAsLong(kind)));
  }

  private void runs(Map<Map<String, String>, List<CacheRun>> all) {
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
  private static Map<Map<String, String>, List<CacheRun>> series(
      List<List<CacheRun>> history, int last) {
    Map<Map<String, String>, List<CacheRun>> series = new LinkedHashMap<>();
    history.stream()
        .flatMap(List::stream)
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

  private static Map<String, String> labels(CacheRun run) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("pipeline", run.pipeline());
    labels.put("platform", run.platform());
    labels.put("step", run.step());
    labels.put("kind", run.kind());
    return labels;
  }
}
