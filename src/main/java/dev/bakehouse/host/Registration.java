package dev.bakehouse.host;

import java.time.Duration;
import java.time.Instant;
import java.util.regex.Pattern;

/// Whether an agent has registered. Agents tell it in their logs alone, and other versions than
/// those known here may tell it otherwise: one that has a job is registered, and so is one that has
/// not been refused for a while.
final class Registration {
  /// Longer than an agent waits for an answer, and then until it tries again.
  static final Duration QUIET = Duration.ofSeconds(90);

  private static final Pattern DONE =
      Pattern.compile("Successfully registered agent|Waiting for (work|instructions)");
  private static final Pattern REFUSED = Pattern.compile("\\bAttempt \\d+/");

  private final AgentLog log;
  private final Instant began;
  private boolean done;

  /// @param began when the agent was started
  Registration(AgentLog log, Instant began) {
    this.log = log;
    this.began = began;
  }

  /// @param job whether the agent has one
  boolean done(boolean job, Instant now) {
    done = done || job || DONE.matcher(log.first()).find() || (over(began, now) && !waits(now));
    return done;
  }

  /// What the agent told of its last attempt, while it tries again; else empty.
  String refusal() {
    String words = done ? "" : log.lastWords();
    return REFUSED.matcher(words).find() ? words : "";
  }

  /// Whether it still tries again and again.
  private boolean waits(Instant now) {
    return !refusal().isEmpty() && !over(log.written().orElse(began), now);
  }

  private static boolean over(Instant since, Instant now) {
    return Duration.between(since, now).compareTo(QUIET) > 0;
  }
}
