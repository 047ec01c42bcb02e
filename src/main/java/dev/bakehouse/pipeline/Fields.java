package dev.bakehouse.pipeline;

import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// One JSON object whose keys are taken one by one; what nobody took is an error.
final class Fields {
  private final String where;
  private final String top;
  private final JsonNode object;
  private final Set<String> taken = new LinkedHashSet<>();

  /// @param where what errors call the object
  Fields(String where, JsonNode object) {
    this(where, "", object);
    if (!object.isObject()) {
      throw new UserError(
          where + " must hold keys and values, not " + object, "Write `key: value` below it.");
    }
  }

  private Fields(String where, String top, JsonNode object) {
    this.where = where;
    this.top = top;
    this.object = object;
  }

  /// An object below one of the keys.
  ///
  /// @param path what errors call it: the key, with keys below it behind dots
  Fields inner(String key, String path, JsonNode value) {
    if (!value.isObject()) {
      throw at(
          key,
          "`" + path + "` of " + where + " must hold keys and values, not " + value,
          "Write `key: value` below it.");
    }
    return new Fields("`" + path + "` of " + where, top.isEmpty() ? key : top, value);
  }

  Fields inner(String key, JsonNode value) {
    return inner(key, key, value);
  }

  /// The value of the first of several names of one key; null counts as absent.
  Optional<JsonNode> value(String... names) {
    return named(names).map(object::get);
  }

  /// The first of several names of one key that stands there with a value.
  private Optional<String> named(String... names) {
    taken.addAll(List.of(names));
    return Arrays.stream(names)
        .filter(name -> object.has(name) && !object.path(name).isNull())
        .findFirst();
  }

  /// The key is there, though its value may be null.
  boolean has(String name) {
    return object.has(name);
  }

  Optional<String> text(String... names) {
    return named(names).map(name -> scalar(name, object.path(name)));
  }

  boolean flag(String name) {
    String text = text(name).orElse("false");
    if (!text.equals("true") && !text.equals("false")) {
      throw error(name, "must be true or false, not " + text);
    }
    return text.equals("true");
  }

  Optional<Integer> number(String name, int least, int most) {
    return text(name)
        .map(
            text -> {
              try {
                int number = Integer.parseInt(text);
                if (number >= least && number <= most) {
                  return number;
                }
              } catch (NumberFormatException e) {
                // Told below, with the bounds.
              }
              throw error(
                  name, "must be a whole number from " + least + " to " + most + ", not " + text);
            });
  }

  /// A list; a single value counts as a list of one.
  List<String> texts(String... names) {
    List<String> all = new ArrayList<>();
    named(names)
        .ifPresent(
            name -> {
              JsonNode value = object.path(name);
              if (value.isArray()) {
                value.forEach(item -> all.add(scalar(name, item)));
              } else {
                all.add(scalar(name, value));
              }
            });
    return all;
  }

  /// Names with texts; numbers and booleans become text, null the empty text.
  Map<String, String> map(String name) {
    Map<String, String> all = new LinkedHashMap<>();
    value(name)
        .ifPresent(
            v -> {
              if (!v.isObject()) {
                throw error(name, "must hold names and values");
              }
              v.properties()
                  .forEach(
                      e ->
                          all.put(
                              e.getKey(), e.getValue().isNull() ? "" : scalar(name, e.getValue())));
            });
    return all;
  }

  /// Fails for keys that nobody took.
  void close() {
    for (String key : others()) {
      throw at(
          key,
          where + " has the unknown key `" + key + "`",
          "Remove it, or correct its spelling; known here: " + String.join(", ", taken) + ".");
    }
  }

  /// The keys that nobody took.
  List<String> others() {
    return object.propertyNames().stream().filter(key -> !taken.contains(key)).toList();
  }

  UserError error(String key, String what) {
    return error(key, what, "Correct it in the pipeline.");
  }

  UserError error(String key, String what, String remedy) {
    return at(key, "`" + key + "` of " + where + " " + what, remedy);
  }

  private UserError at(String key, String message, String remedy) {
    return new FieldError(top.isEmpty() ? key : top, object, key, message, remedy);
  }

  String scalar(String key, JsonNode value) {
    if (!value.isValueNode() || value.isNull()) {
      throw error(key, "must be a single value, not " + value);
    }
    return value.isBigDecimal() ? value.decimalValue().toPlainString() : value.asString();
  }
}
