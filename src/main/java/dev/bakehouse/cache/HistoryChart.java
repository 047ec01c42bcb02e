package dev.bakehouse.cache;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/// Hit rates over time for people: a line a run, with a bar.
public final class HistoryChart {
  private static final int WIDTH = 20;

  private HistoryChart() {}

  /// @param runs of one step's cache, newest first; at least one
  /// @param plain ASCII only
  public static String of(List<CacheRun> runs, boolean plain) {
    CacheRun any = runs.getFirst();
    StringBuilder text = new StringBuilder();
    text.append(any.kind()).append(any.step().isEmpty() ? "" : " of " + any.step());
    text.append(" in ").append(any.scope()).append('\n');
    for (CacheRun run : runs.reversed()) {
      text.append(line(run, plain)).append('\n');
      if (!run.cause().isEmpty()) {
        text.append("  ").append(plain ? "! " : "▲ ").append(run.cause()).append('\n');
      }
    }
    return text.toString().replaceAll("[\\p{Cntrl}&&[^\n]]", "?");
  }

  private static String line(CacheRun run, boolean plain) {
    OptionalDouble rate = run.rate();
    String build = run.number() > 0 ? "#" + run.number() : run.build();
    String shown = build.length() > 12 ? build.substring(0, 12) : build;
    return String.format(
        Locale.ROOT,
        "  %.16s %-12s %s %s %9s  %s",
        run.ended().toString().replace('T', ' '),
        shown,
        bar(rate.orElse(0), plain),
        rate.isPresent()
            ? String.format(Locale.ROOT, "%3.0f %%", 100 * rate.getAsDouble())
            : "    -",
        run.hits() + "/" + (run.hits() + run.misses()),
        run.source().isEmpty() ? "nothing restored" : run.from());
  }

  private static String bar(double rate, boolean plain) {
    int full = (int) Math.round(WIDTH * rate);
    return (plain ? "#" : "█").repeat(full) + (plain ? "." : "░").repeat(WIDTH - full);
  }
}
