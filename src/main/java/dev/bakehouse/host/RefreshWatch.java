package dev.bakehouse.host;

import dev.bakehouse.image.Log;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.ImageRefresh;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.rollout.Refresh;
import dev.bakehouse.rollout.RefreshTimes;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Keeps the image up to date beside the jobs, at the times of `image.refresh.every`; a rollout
/// that was begun is gone on with at every poll until it has ended.
final class RefreshWatch {
  private final Supplier<Refresh.Report> pass;
  private final RefreshTimes times;
  private final Duration poll;
  private final Consumer<String> say;
  private final CountDownLatch stop;

  /// @param poll between two looks at a rollout that goes on
  RefreshWatch(
      Supplier<Refresh.Report> pass,
      RefreshTimes times,
      Duration poll,
      Consumer<String> say,
      CountDownLatch stop) {
    this.pass = pass;
    this.times = times;
    this.poll = poll;
    this.say = say;
    this.stop = stop;
  }

  /// Empty when this host is not to do it.
  ///
  /// @throws UserError when it is to, and has no key to sign with
  static Optional<RefreshWatch> of(
      HostSettings host, PrintStream log, Consumer<String> say, CountDownLatch stop) {
    return RefreshTimes.of(host.refresh(), host.state())
        .map(
            times -> {
              ImageRefresh refresh = new ImageRefresh(host, new Log(log));
              say.accept("refreshing the image from " + host.refresh().repository());
              return new RefreshWatch(refresh::pass, times, host.rollout().poll(), say, stop);
            });
  }

  void start() {
    Thread _ = Threads.start(this::run);
  }

  void run() {
    try {
      Instant due = next(() -> times.due(Instant.now()));
      while (!stop.await(
          Math.max(0, Duration.between(Instant.now(), due).toMillis()), TimeUnit.MILLISECONDS)) {
        due = next(this::passed);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// When to look again. What went wrong is said, and tried again at the next poll.
  private Instant next(Supplier<Instant> when) {
    try {
      return when.get();
    } catch (UserError e) {
      say.accept(e.getMessage() + " " + e.remedy());
    } catch (RuntimeException e) {
      say.accept("refreshing the image broke off with " + e);
    }
    return Instant.now().plus(poll);
  }

  private Instant passed() {
    boolean ended =
        switch (pass.get().standing()) {
          case UP_TO_DATE, FAILED -> true;
          case MOVED, WAITING -> false;
        };
    Instant now = Instant.now();
    if (!ended) {
      return now.plus(poll);
    }
    times.done(now);
    return times.due(now);
  }
}
