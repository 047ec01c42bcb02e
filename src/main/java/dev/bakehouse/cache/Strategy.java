package dev.bakehouse.cache;

import dev.bakehouse.platform.UserError;
import java.util.Locale;
import java.util.Map;

/// What a build may do with its caches: `CACHE_STRATEGY` and `BUILDKITE_CACHE`.
public enum Strategy {
  READ_WRITE("read-write"),
  READ_ONLY("read-only"),
  WRITE_ONLY("write-only"),
  DISABLED("disabled");

  private final String word;

  Strategy(String word) {
    this.word = word;
  }

  /// @throws UserError when a value is none of the known ones
  public static Strategy of(Map<String, String> env) {
    if (!switchedOn("BUILDKITE_CACHE", env)) {
      return DISABLED;
    }
    String value = env.getOrDefault("CACHE_STRATEGY", "");
    return value.isEmpty() ? READ_WRITE : parse(value);
  }

  /// @throws UserError listing the right values
  public static Strategy parse(String value) {
    if (value.equals("none")) {
      return DISABLED;
    }
    for (Strategy strategy : values()) {
      if (strategy.word.equals(value)) {
        return strategy;
      }
    }
    throw new UserError(
        "CACHE_STRATEGY=" + value + " is not known",
        "Use read-write, read-only, write-only, disabled or none.");
  }

  public boolean reads() {
    return this == READ_WRITE || this == READ_ONLY;
  }

  public boolean writes() {
    return this == READ_WRITE || this == WRITE_ONLY;
  }

  /// The word for Bun's CMake, which stops at `disabled`.
  public String forCmake() {
    return this == DISABLED ? "none" : word;
  }

  @Override
  public String toString() {
    return word;
  }

  private static boolean switchedOn(String name, Map<String, String> env) {
    String value = env.getOrDefault(name, "");
    return switch (value.toUpperCase(Locale.ROOT)) {
      case "", "ON", "TRUE", "YES", "1" -> true;
      case "OFF", "FALSE", "NO", "0" -> false;
      default ->
          throw new UserError(name + "=" + value + " is not known", "Use " + name + "=ON or OFF.");
    };
  }
}
