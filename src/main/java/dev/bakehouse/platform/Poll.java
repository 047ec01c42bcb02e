package dev.bakehouse.platform;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/// Waits for something only asking can tell: one deadline, a growing pause, the last error kept.
public final class Poll {
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

  private Poll() {}

  /// Asks until there is an answer.
  ///
  /// @param what completes "waiting for …" in the error
  /// @param question empty or an exception means "ask again"
  /// @throws TimedOut when the deadline passes first, with the last exception as cause
  public static <T> T until(String what, Duration deadline, Callable<Optional<T>> question) {
    long end = System.nanoTime() + deadline.toNanos();
    long pause = Duration.ofMillis(5).toNanos();
    Exception last = null;
    while (true) {
      try {
        Optional<T> answer = question.call();
        if (answer.isPresent()) {
          return answer.get();
        }
      } catch (Fatal e) {
        throw e;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new TimedOut(what, deadline, e);
      } catch (Exception e) {
        last = e;
      }
      long left = end - System.nanoTime();
      if (left <= 0) {
        throw new TimedOut(what, deadline, last);
      }
      sleep(Duration.ofNanos(Math.min(pause, left)), what, deadline);
      pause = Math.min(pause * 3 / 2, LONGEST_PAUSE.toNanos());
    }
  }

  /// Leaves the other side alone for a time, as it asked or before another attempt.
  ///
  /// @param what completes "waiting for …" in the error
  /// @throws TimedOut when the thread is interrupted
  public static void pause(String what, Duration time) {
    sleep(time, what, time);
  }

  private static void sleep(Duration time, String what, Duration deadline) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TimedOut(what, deadline, e);
    }
  }

  /// Ends a poll at once: asking again can not help.
  public static class Fatal extends UserError {
    public Fatal(String message, String remedy) {
      super(message, remedy);
    }
  }

  /// The deadline passed, or the thread was interrupted before.
  public static final class TimedOut extends UserError {
    TimedOut(String what, Duration deadline, @Nullable Exception last) {
      super(
          last instanceof InterruptedException
              ? "Interrupted while waiting for " + what
              : "Gave up waiting for "
                  + what
                  + " after "
                  + deadline.toMillis() / 1000.0
                  + " s"
                  + (last == null ? "" : " (last answer: " + last.getMessage() + ")"),
          "See whether it still runs and what its log says, then try again.");
      if (last != null) {
        initCause(last);
      }
    }
  }
}
