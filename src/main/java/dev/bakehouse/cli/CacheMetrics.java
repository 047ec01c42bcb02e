package dev.bakehouse.cli;

import dev.bakehouse.cache.CacheRun;
import dev.bakehouse.cache.CacheRunMetrics;
import dev.bakehouse.cli.CacheStatistics.OfKind;
import dev.bakehouse.platform.PrometheusText;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/// The figures of `cache stats` for Prometheus.
final class CacheMetrics {
  private final PrometheusText text = new PrometheusText();

  private CacheMetrics() {}

  /// @param kinds what the store holds
  /// @param history each scope's runs of a step's cache, newest first
  /// @param last so many runs count
  static String of(List<OfKind> kinds, List<List<CacheRun>> history, int last) {
    CacheMetrics metrics = new CacheMetrics();
    metrics.store(kinds);
    new CacheRunMetrics(metrics.text, Map.of())
        .runs(history.stream().flatMap(List::stream).toList(), last);
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
}
