package dev.bakehouse.oci;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/// How long a registry is waited for.
///
/// @param attempts of one request, the first included
/// @param firstPause before the second attempt; each later pause is twice as long
/// @param longestPause what pauses grow to
/// @param total of the pauses between attempts without progress
/// @param connect until a connection stands
/// @param stall without a byte moved, after which a transfer counts as broken
/// @param settle until the answer to an upload, from its last byte on
public record Patience(
    int attempts,
    Duration firstPause,
    Duration longestPause,
    Duration total,
    Duration connect,
    Duration stall,
    Duration settle) {
  /// For a registry nothing can stand in for.
  public static final Patience USUAL =
      new Patience(
          5,
          Duration.ofMillis(300),
          Duration.ofSeconds(30),
          Duration.ofMinutes(5),
          Duration.ofSeconds(10),
          Duration.ofSeconds(60),
          Duration.ofMinutes(10));

  /// For a mirror, which the registry itself stands in for.
  public static final Patience SHORT =
      new Patience(
          2,
          Duration.ofMillis(200),
          Duration.ofSeconds(2),
          Duration.ofSeconds(10),
          Duration.ofSeconds(3),
          Duration.ofSeconds(20),
          Duration.ofMinutes(1));

  /// The pause after a failed attempt, from the first on: half of it is left to chance, so that
  /// hosts that failed together do not come back together.
  Duration pause(int attempt) {
    long grown = firstPause.toNanos() << Math.min(attempt - 1, 20);
    long most = Math.min(grown, longestPause.toNanos());
    return Duration.ofNanos(most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1));
  }
}
