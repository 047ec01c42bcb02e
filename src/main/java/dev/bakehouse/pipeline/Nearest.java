package dev.bakehouse.pipeline;

import java.util.Collection;

/// Finds what was meant by a misspelt word.
final class Nearest {
  private static final int FARTHEST = 3;

  private Nearest() {}

  /// @return the nearest of the words, empty when none is near
  static String of(String wrong, Collection<String> words) {
    String best = "";
    int least = Math.min(FARTHEST, wrong.length() / 2) + 1;
    for (String word : words) {
      if (Math.abs(word.length() - wrong.length()) < least) {
        int distance = distance(wrong, word);
        if (distance < least || (distance == least && word.compareTo(best) < 0)) {
          best = word;
          least = distance;
        }
      }
    }
    return best;
  }

  /// How many letters must be put in, taken out or changed.
  private static int distance(String one, String other) {
    int[] row = new int[other.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= one.length(); i++) {
      int corner = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int same = corner + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        corner = row[j];
        row[j] = Math.min(same, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[other.length()];
  }
}
