package dev.bakehouse.oci;

import dev.bakehouse.platform.Poll;
import java.time.Duration;
import java.util.Optional;

/// The attempts at one thing: counts them, and waits between them.
final class Attempts {
  private final Patience patience;
  private final String action;
  private Duration waited = Duration.ZERO;
  private int failed;

  /// @param action completes "the next attempt to …"
  Attempts(Patience patience, String action) {
    this.patience = patience;
    this.action = action;
  }

  /// Waits before another attempt.
  ///
  /// @param wish what the registry asked to wait, if it did
  /// @return false when there is to be none
  boolean again(Optional<Duration> wish) {
    return again(wish, patience.attempts());
  }

  /// @param most attempts of this kind, the first included
  boolean again(Optional<Duration> wish, int most) {
    failed++;
    Duration pause = wish.orElseGet(() -> patience.pause(failed));
    waited = waited.plus(pause);
    if (failed >= Math.min(most, patience.attempts())
        || waited.compareTo(patience.total()) > 0
        || Thread.currentThread().isInterrupted()) {
      return false;
    }
    long until = System.nanoTime() + pause.toNanos();
    Poll.until(
        "the next attempt to " + action,
        pause.plusSeconds(5),
        () -> System.nanoTime() - until >= 0 ? Optional.of(true) : Optional.empty());
    return true;
  }

  /// Something moved: earlier failures no longer count.
  void progress() {
    failed = 0;
    waited = Duration.ZERO;
  }
}
