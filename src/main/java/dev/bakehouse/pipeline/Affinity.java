package dev.bakehouse.pipeline;

import dev.bakehouse.platform.UserError;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// How the steps of a target find a host that has their image.
public enum Affinity {
  /// Any host whose readiness tag says that it has the image.
  IMAGE,
  /// The one host that prepared the image for the target.
  HOST,
  /// As [#HOST], one step of the target at a time.
  GROUP;

  /// As it stands in the configuration.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static List<String> words() {
    return Arrays.stream(values()).map(Affinity::word).toList();
  }

  /// @throws UserError when it is none of [#words]
  public static Affinity of(String word) {
    if (!words().contains(word)) {
      throw new UserError(
          "There is no affinity `" + word + "`", "Use one of " + String.join(", ", words()) + ".");
    }
    return valueOf(word.toUpperCase(Locale.ROOT));
  }

  boolean pins() {
    return this != IMAGE;
  }
}
