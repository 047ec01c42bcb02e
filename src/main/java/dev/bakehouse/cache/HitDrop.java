package dev.bakehouse.cache;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Why a step found less in its cache than its runs before. A guess from what is recorded: the
/// first difference that would explain it.
public final class HitDrop {
  /// Points of the hit rate that are worth a word.
  private static final double DROP = 0.10;

  private static final int RUNS = 5;

  private HitDrop() {}

  /// @param before runs of the same step and kind, newest first: of the same scope, else of the one
  ///   its caches come from
  /// @return likely cause and remedy in one or two sentences; empty when there is no drop
  public static Optional<String> cause(CacheRun now, List<CacheRun> before) {
    List<CacheRun> warm =
        before.stream()
            .filter(r -> r.rate().isPresent() && !r.source().isEmpty())
            .limit(RUNS)
            .toList();
    if (warm.isEmpty() || now.rate().isEmpty()) {
      return Optional.empty();
    }
    double usual = median(warm);
    double rate = now.rate().getAsDouble();
    if (usual - rate < DROP) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(Locale.ROOT, "hits fell from %.0f %% to %.0f %%: ", 100 * usual, 100 * rate)
            + likely(now, origin(now, warm)));
  }

  private static String likely(CacheRun now, CacheRun usual) {
    if (now.reason().equals(Reason.DISABLED.name())) {
      return "the strategy was " + now.strategy() + ". " + Reason.DISABLED.remedy();
    }
    if (now.source().isEmpty()) {
      return "nothing was restored: " + now.from();
    }
    Optional<String> compiler = changed(usual.tools(), now.tools());
    if (compiler.isPresent()) {
      return "the compiler changed: "
          + compiler.get()
          + ". Expected after a new image; ccache also takes the same compiler with another time"
          + " for another one, unless CCACHE_COMPILERCHECK=content";
    }
    if (!usual.checkout().equals(now.checkout())) {
      return "the sources lay in "
          + now.checkout()
          + ", not in "
          + usual.checkout()
          + ". Build at one path, or set CCACHE_BASEDIR and CCACHE_NOHASHDIR";
    }
    // Nothing is told of what came where it lay on the host's volume.
    long came = now.restored().bytes();
    if (came > 0 && came < usual.saved().bytes() / 2) {
      return String.format(
          Locale.ROOT,
          "the cache had shrunk: %,d bytes were restored, %,d were saved before. See `bakehouse"
              + " cache list`, and what gc and pruning keep",
          came,
          usual.saved().bytes());
    }
    if (now.cleanups() > usual.cleanups()) {
      return "ccache threw entries out while it built. Raise its maximum size (CCACHE_MAXSIZE)"
          + " above the cache's size";
    }
    if (!now.source().equals(usual.build()) && !usual.from().equals(now.from())) {
      return "other sources changed since its source (" + now.from() + ") than usual";
    }
    return "more sources changed than usual; nothing else that is recorded did";
  }

  /// The run that saved what was restored, when it is known, else the newest.
  private static CacheRun origin(CacheRun now, List<CacheRun> warm) {
    return warm.stream()
        .filter(r -> r.build().equals(now.source()))
        .findFirst()
        .orElse(warm.getFirst());
  }

  private static Optional<String> changed(Map<String, String> before, Map<String, String> now) {
    for (Map.Entry<String, String> tool : new TreeMap<>(now).entrySet()) {
      String was = before.get(tool.getKey());
      if (was != null && !was.equals(tool.getValue())) {
        boolean size = was.split("@")[0].equals(tool.getValue().split("@")[0]);
        return Optional.of(tool.getKey() + (size ? " has another time" : " has another size"));
      }
    }
    return before.isEmpty() || now.isEmpty() || before.keySet().equals(now.keySet())
        ? Optional.empty()
        : Optional.of("there are others than before");
  }

  private static double median(List<CacheRun> runs) {
    double[] rates = runs.stream().mapToDouble(r -> r.rate().orElse(0)).sorted().toArray();
    return rates[rates.length / 2];
  }
}
