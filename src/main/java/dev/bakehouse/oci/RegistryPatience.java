package dev.bakehouse.oci;

import dev.bakehouse.platform.Patience;
import java.time.Duration;

/// How long a registry is waited for.
///
/// @param repeats of one request
/// @param connect until a connection stands
/// @param stall without a byte moved, after which a transfer counts as broken
/// @param settle until the answer to an upload, from its last byte on
public record RegistryPatience(
    Patience repeats, Duration connect, Duration stall, Duration settle) {
  /// For a registry nothing can stand in for.
  public static final RegistryPatience USUAL =
      new RegistryPatience(
          new Patience(5, Duration.ofMillis(300), Duration.ofSeconds(30), Duration.ofMinutes(5)),
          Duration.ofSeconds(10),
          Duration.ofSeconds(60),
          Duration.ofMinutes(10));

  /// For a mirror, which the registry itself stands in for.
  public static final RegistryPatience SHORT =
      new RegistryPatience(
          new Patience(2, Duration.ofMillis(200), Duration.ofSeconds(2), Duration.ofSeconds(10)),
          Duration.ofSeconds(3),
          Duration.ofSeconds(20),
          Duration.ofMinutes(1));
}
