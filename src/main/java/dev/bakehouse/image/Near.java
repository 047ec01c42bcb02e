package dev.bakehouse.image;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// Names somebody may have meant.
final class Near {
  private static final int MOST = 3;

  private Near() {}

  /// Up to three, the nearest first, as `a, b`; empty when none is near.
  static String to(String name, Collection<String> all) {
    String wanted = name.toLowerCase(Locale.ROOT);
    int far = Math.max(2, wanted.length() / 3);
    record Distant(String name, int distance) {}
    List<Distant> near =
        all.stream()
            .map(other -> new Distant(other, distance(wanted, other.toLowerCase(Locale.ROOT))))
            .filter(d -> d.distance() <= far || d.name().toLowerCase(Locale.ROOT).contains(wanted))
            .sorted(Comparator.comparingInt(Distant::distance).thenComparing(Distant::name))
            .limit(MOST)
            .toList();
    return near.stream().map(d -> "`" + d.name() + "`").collect(Collectors.joining(", "));
  }

  /// Levenshtein's: how many letters must be put in, taken out or replaced.
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int same = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(same, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
