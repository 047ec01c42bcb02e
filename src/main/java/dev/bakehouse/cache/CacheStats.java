package dev.bakehouse.cache;

import dev.bakehouse.platform.UserError;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// How often a cache had what was asked for.
public record CacheStats(String kind, long hits, long misses) {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /// Reads what `ccache --print-stats` prints: a name, a tab and a number a line. The counters live
  /// in the cache and come back with it: subtract those of before the build, or run `ccache -z`
  /// then.
  public static CacheStats ofCcache(String printed) {
    Map<String, Long> counters = new HashMap<>();
    for (String line : printed.split("\\R", -1)) {
      int tab = line.indexOf('\t');
      if (tab > 0 && line.substring(tab + 1).matches("[0-9]{1,18}")) {
        counters.put(line.substring(0, tab), Long.parseLong(line.substring(tab + 1)));
      }
    }
    long hits =
        counters.getOrDefault("direct_cache_hit", 0L)
            + counters.getOrDefault("preprocessed_cache_hit", 0L);
    return new CacheStats(Kind.CCACHE.name(), hits, counters.getOrDefault("cache_miss", 0L));
  }

  /// Reads `{"kind","hits","misses"}` or a list of such, as a build leaves it in a file.
  ///
  /// @throws UserError when it is something else
  public static List<CacheStats> ofJson(String text) {
    try {
      return JSON.readValue(text, new TypeReference<List<CacheStats>>() {});
    } catch (JacksonException e) {
      throw new UserError(
          "Could not read the cache statistics: " + e.getOriginalMessage(),
          "Write {\"kind\",\"hits\",\"misses\"} or a list of such.",
          e);
    }
  }

  /// What was counted after an earlier reading.
  public CacheStats since(CacheStats before) {
    return new CacheStats(
        kind, Math.max(0, hits - before.hits), Math.max(0, misses - before.misses));
  }

  /// From 0 to 1; empty when nothing was asked.
  public OptionalDouble rate() {
    long asked = hits + misses;
    return asked == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) hits / asked);
  }

  String counts() {
    return hits + " hits and " + misses + " misses";
  }

  /// A line for the log.
  @Override
  public String toString() {
    String rate =
        rate().isPresent()
            ? String.format(Locale.ROOT, " (%.0f %%)", 100 * rate().getAsDouble())
            : "";
    return kind + ": " + counts() + rate;
  }
}
