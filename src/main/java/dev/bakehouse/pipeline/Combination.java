package dev.bakehouse.pipeline;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One choice of values of a matrix.
///
/// @param values by dimension; the only dimension of a plain list has the empty name
/// @param skip why it does not run
/// @param softFail its own rule
public record Combination(
    Map<String, String> values, Optional<String> skip, Optional<SoftFail> softFail) {
  private static final Pattern TOKEN =
      Pattern.compile("\\{\\{\\s*matrix(?:\\.([\\w.-]+))?\\s*\\}\\}");

  public Combination {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /// Puts values into a text: `{{matrix}}`, `{{matrix.os}}`; what has no value stays.
  public static String fill(String text, Map<String, String> values) {
    if (values.isEmpty()) {
      return text;
    }
    return TOKEN
        .matcher(text)
        .replaceAll(
            token -> {
              String name = token.group(1) == null ? "" : token.group(1);
              return Matcher.quoteReplacement(values.getOrDefault(name, token.group()));
            });
  }

  /// The same for all values of a map.
  public static Map<String, String> fill(Map<String, String> texts, Map<String, String> values) {
    Map<String, String> all = new LinkedHashMap<>();
    texts.forEach((name, text) -> all.put(name, fill(text, values)));
    return all;
  }
}
