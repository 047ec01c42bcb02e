package dev.bakehouse.performance;

import dev.bakehouse.config.Section;
import java.util.LinkedHashMap;
import java.util.Map;

/// How much worse a benchmark may be than before.
///
/// @param usual percent
/// @param named benchmark → percent, for those that have their own
public record Thresholds(int usual, Map<String, Integer> named) {
  private static final int USUAL = 10;
  private static final int MOST = 1000;

  public static final Thresholds DEFAULT = new Thresholds(USUAL, Map.of());

  public Thresholds {
    named = Map.copyOf(named);
  }

  /// @param section with the keys `threshold` and `thresholds`, both optional
  static Thresholds read(Section section) {
    Map<String, Integer> named = new LinkedHashMap<>();
    Section own = section.section("thresholds");
    own.keys().forEach(name -> named.put(name, own.number(name, USUAL, 0, MOST)));
    return new Thresholds(section.number("threshold", USUAL, 0, MOST), named);
  }

  int of(String benchmark) {
    return named.getOrDefault(benchmark, usual);
  }
}
