package dev.bakehouse.host;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/// What a host's web server answers, ready to be sent.
///
/// @param at when it was looked at
@SuppressWarnings("ArrayRecordComponent") // Nobody compares or changes them.
record WebAnswers(Instant at, byte[] page, byte[] metrics, byte[] json) {
  /// Older ones are no answer: they would say that all is well where nobody looks.
  private static final Duration GOOD = Duration.ofMinutes(1);

  /// So much longer may the daemon's own look take, which checks images.
  private static final Duration SLOW = Duration.ofMinutes(4);

  /// @param directory the host's state directory
  static WebAnswers of(WebState state, StatusFile status, Path directory) {
    return new WebAnswers(
        of(state.at(), Instant.parse(state.status().checked())),
        WebPage.of(state, directory).getBytes(StandardCharsets.UTF_8),
        WebMetrics.of(state).getBytes(StandardCharsets.UTF_8),
        status.json(state.status()).getBytes(StandardCharsets.UTF_8));
  }

  /// When what was seen was so: also a look of now finds what a daemon that hangs told long ago.
  ///
  /// @param daemon when the daemon began to look last
  static Instant of(Instant looked, Instant daemon) {
    Instant told = daemon.plus(SLOW);
    return told.isBefore(looked) ? told : looked;
  }

  boolean good() {
    return Duration.between(at, Instant.now()).compareTo(GOOD) < 0;
  }
}
