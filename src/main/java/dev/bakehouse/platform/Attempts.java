package dev.bakehouse.platform;

import java.time.Duration;
import java.util.Optional;

/// The attempts at one thing: counts them, and waits between them.
public final class Attempts {
  private final Patience patience;
  private final String action;
  private Duration waited = Duration.ZERO;
  private int failed;

  /// @param action completes "the next attempt to …"
  public Attempts(Patience patience, String action) {
    this.patience = patience;
    this.action = action;
  }

  /// Waits before another attempt.
  ///
  /// @param wish what the other side asked to wait, if it did
  /// @return false when there is to be none
  public boolean again(Optional<Duration> wish) {
    return again(wish, patience.attempts());
  }

  /// @param most attempts of this kind, the first included
  public boolean again(Optional<Duration> wish, int most) {
    failed++;
    Duration pause = wish.orElseGet(() -> patience.pause(failed));
    waited = waited.plus(pause);
    if (failed >= Math.min(most, patience.attempts())
        || waited.compareTo(patience.total()) > 0
        || Thread.currentThread().isInterrupted()) {
      return false;
    }
    Poll.pause("the next attempt to " + action, pause);
    return true;
  }

  /// Something moved: earlier failures no longer count.
  public void progress() {
    failed = 0;
    waited = Duration.ZERO;
  }
}
