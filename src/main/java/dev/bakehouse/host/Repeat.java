package dev.bakehouse.host;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Work that the daemon does again and again, whatever goes wrong with it.
///
/// @param what completes "… broke off with" for what nobody foresaw
/// @param say is told what went wrong
record Repeat(String what, Consumer<String> say, Work work) {
  /// One turn of it.
  interface Work {
    void run() throws IOException, InterruptedException;
  }

  /// At once, and again after each pause, until it is asked to stop or interrupted.
  void until(CountDownLatch stop, Supplier<Duration> pause) {
    try {
      do {
        once();
      } while (!stop.await(pause.get().toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void once() throws InterruptedException {
    try {
      work.run();
    } catch (UserError e) {
      say.accept(e.getMessage() + " " + e.remedy());
    } catch (IOException | RuntimeException e) {
      say.accept(what + " broke off with " + e);
    }
  }
}
