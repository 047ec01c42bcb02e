package dev.bakehouse.pipeline;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Where the values of a tree were written. An object's values are named by key, a list's by index.
public final class Lines {
  private static final int LONGEST_WORD = 40;

  private final IdentityHashMap<JsonNode, Map<Object, Integer>> lines = new IdentityHashMap<>();
  private final IdentityHashMap<JsonNode, Map<Object, String>> words = new IdentityHashMap<>();
  private final List<Repeat> repeats = new ArrayList<>();

  /// A key that stands twice in one mapping; the later value holds.
  ///
  /// @param line of the second one
  /// @param first line of the one before
  public record Repeat(String key, int line, int first) {}

  Lines() {}

  void note(JsonNode container, Object at, int line) {
    lines.computeIfAbsent(container, c -> new HashMap<>()).put(at, line);
  }

  void noteWord(JsonNode container, Object at, String word) {
    if (word.length() <= LONGEST_WORD) {
      words.computeIfAbsent(container, c -> new HashMap<>()).put(at, word);
    }
  }

  void noteRepeat(Repeat repeat) {
    repeats.add(repeat);
  }

  /// The line of a value, counted from 1; 1 when it was not read from a text.
  public int of(JsonNode container, Object at) {
    return lines.getOrDefault(container, Map.of()).getOrDefault(at, 1);
  }

  /// What stands there without quotes, as it was written; words longer than 40 characters are not
  /// kept.
  public Optional<String> word(JsonNode container, Object at) {
    return Optional.ofNullable(words.getOrDefault(container, Map.of()).get(at));
  }

  public List<Repeat> repeats() {
    return List.copyOf(repeats);
  }
}
