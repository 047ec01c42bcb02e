package dev.bakehouse.vm.tart;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A command line as Tart reads it: options anywhere, unknown ones are a usage error.
record StandInArgs(List<String> words, Map<String, String> options) {
  /// @param valued options with a value
  /// @param flags options without
  /// @param least number of words
  static StandInArgs of(List<String> argv, Set<String> valued, Set<String> flags, int least) {
    List<String> words = new ArrayList<>();
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i < argv.size(); i++) {
      String word = argv.get(i);
      int equals = word.indexOf('=');
      String name = word.startsWith("--") && equals > 0 ? word.substring(0, equals) : word;
      if (!word.startsWith("-")) {
        words.add(word);
      } else if (flags.contains(word)) {
        options.put(word, "");
      } else if (valued.contains(name) && !name.equals(word)) {
        options.put(name, word.substring(equals + 1));
      } else if (valued.contains(name) && i + 1 < argv.size()) {
        options.put(name, argv.get(++i));
      } else if (valued.contains(name)) {
        throw new StandInError(64, "Error: Missing value for '" + word + "'");
      } else {
        throw new StandInError(64, "Error: Unknown option '" + word + "'");
      }
    }
    if (words.size() < least) {
      throw new StandInError(64, "Error: Missing expected argument");
    }
    return new StandInArgs(words, options);
  }

  String name() {
    return words.getFirst();
  }

  boolean has(String option) {
    return options.containsKey(option);
  }

  int number(String option, int fallback) {
    String value = options.get(option);
    try {
      return value == null ? fallback : Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new StandInError(
          64, "Error: The value '" + value + "' is invalid for '" + option + "'");
    }
  }
}
