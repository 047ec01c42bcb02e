package dev.bakehouse.platform;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/// How often and how long something is tried again.
///
/// @param attempts of one thing, the first included
/// @param firstPause before the second attempt; each later pause is twice as long
/// @param longestPause what pauses grow to
/// @param total of the pauses between attempts without progress
public record Patience(int attempts, Duration firstPause, Duration longestPause, Duration total) {
  /// The pause after a failed attempt, from the first on: half of it is left to chance, so that
  /// hosts that failed together do not come back together.
  Duration pause(int attempt) {
    long grown = firstPause.toNanos() << Math.min(attempt - 1, 20);
    long most = Math.min(grown, longestPause.toNanos());
    return Duration.ofNanos(most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1));
  }
}
