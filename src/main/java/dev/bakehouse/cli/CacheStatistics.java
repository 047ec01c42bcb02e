package dev.bakehouse.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.bakehouse.cache.CacheHistory;
import dev.bakehouse.cache.CacheRun;
import dev.bakehouse.cache.Entry;
import dev.bakehouse.cache.HistoryChart;
import dev.bakehouse.platform.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse cache stats`.
@Command(
    name = "stats",
    mixinStandardHelpOptions = true,
    description = "What a store holds, by kind, and how its caches served: hit rates over time.")
final class CacheStatistics implements Callable<Integer> {
  @Option(
      names = "--last",
      paramLabel = "N",
      description = "So many runs of each step's cache; 10 by default.")
  private int last = 10;

  @Option(
      names = "--prometheus",
      description =
          "Answer as Prometheus reads it, for a file of node_exporter's textfile collector.")
  private boolean prometheus;

  @Mixin private CacheStoreOptions store = new CacheStoreOptions();

  /// @param bytes what the files of all entries hold together
  /// @param stored what they take in the store
  record OfKind(String kind, int entries, long files, long bytes, long stored) {
    static OfKind of(String kind, List<Entry> entries) {
      return new OfKind(
          kind,
          entries.size(),
          entries.stream().mapToLong(Entry::files).sum(),
          entries.stream().mapToLong(Entry::bytes).sum(),
          entries.stream().mapToLong(Entry::stored).sum());
    }

    String text() {
      return String.format(
          Locale.ROOT,
          "%-12s %4d entries %,9d files %,15d bytes, %,15d stored",
          kind,
          entries,
          files,
          bytes,
          stored);
    }
  }

  /// @param kinds what the store holds
  /// @param history each step's cache with its last runs, newest first
  record Statistics(List<OfKind> kinds, List<List<CacheRun>> history) {}

  @Override
  public Integer call() {
    List<Entry> all = store.store().all();
    Map<String, List<Entry>> byKind =
        all.stream()
            .collect(
                Collectors.groupingBy(
                    e -> e.address().kind().name(), TreeMap::new, Collectors.toList()));
    List<OfKind> lines = new ArrayList<>();
    byKind.forEach((kind, entries) -> lines.add(OfKind.of(kind, entries)));
    int most = Math.max(1, last);
    List<List<CacheRun>> history = new CacheHistory(store.blobs()).all(most);
    if (prometheus) {
      store.refuseJson("--prometheus");
      // Whatever the locale: names are bytes there.
      System.out.writeBytes(CacheMetrics.of(lines, history, most).getBytes(UTF_8));
      return Exit.OK;
    }
    lines.add(OfKind.of("all", all));
    StringBuilder text = new StringBuilder();
    text.append(lines.stream().map(OfKind::text).collect(Collectors.joining("\n")));
    boolean plain = !Terminal.showsOutput();
    history.forEach(
        runs -> text.append("\n\n").append(HistoryChart.of(runs, plain).stripTrailing()));
    store.answer(new Statistics(lines, history), text.toString());
    return Exit.OK;
  }
}
