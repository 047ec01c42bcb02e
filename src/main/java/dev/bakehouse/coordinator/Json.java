package dev.bakehouse.coordinator;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/// JSON of the wire: records with `snake_case` names.
final class Json {
  /// More than the largest pipeline has; a token takes far more memory than its text.
  private static final long TOKENS = 500_000;

  static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxTokenCount(TOKENS).build())
                  .build())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .build();

  private static final int SHORT = 1000;
  private static final int MOST = 2000;

  /// What jobs and agents ask for is written a few times among thousands of rows.
  private static final Map<String, Map<String, String>> MAPS = new ConcurrentHashMap<>();

  private static final Map<String, List<String>> LISTS = new ConcurrentHashMap<>();

  private Json() {}

  static byte[] bytes(Object value) {
    return MAPPER.writeValueAsBytes(value);
  }

  static String text(Object value) {
    return MAPPER.writeValueAsString(value);
  }

  /// A map written by [#text]; it can not be changed.
  static Map<String, String> map(String text) {
    Map<String, String> known = MAPS.get(text);
    if (known == null) {
      known = Collections.unmodifiableMap(read(text));
      keep(MAPS, text, known);
    }
    return known;
  }

  private static <T> void keep(Map<String, T> kept, String text, T value) {
    if (text.length() <= SHORT) {
      if (kept.size() >= MOST) {
        kept.clear();
      }
      kept.put(text, value);
    }
  }

  private static Map<String, String> read(String text) {
    try {
      return MAPPER.readValue(text, new TypeReference<Map<String, String>>() {});
    } catch (JacksonException e) {
      throw new IllegalStateException("The coordinator's database holds no JSON map: " + text, e);
    }
  }

  /// A list written by [#text]; it can not be changed.
  static List<String> list(String text) {
    List<String> known = LISTS.get(text);
    if (known == null) {
      known = Collections.unmodifiableList(readList(text));
      keep(LISTS, text, known);
    }
    return known;
  }

  private static List<String> readList(String text) {
    try {
      return MAPPER.readValue(text, new TypeReference<List<String>>() {});
    } catch (JacksonException e) {
      throw new IllegalStateException("The coordinator's database holds no JSON list: " + text, e);
    }
  }
}
