package dev.bakehouse.image;

import dev.bakehouse.oci.Progress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/// Says at most once in two seconds how far a transfer is, how fast, and how long it will take.
final class ProgressLine implements Progress {
  private static final long EVERY = Duration.ofSeconds(2).toNanos();
  private static final double SECOND = 1e9;

  private final Log log;
  private final String what;
  private final long start = System.nanoTime();
  private final AtomicLong next = new AtomicLong(start + EVERY);
  private final AtomicLong done = new AtomicLong();
  private volatile long total;

  ProgressLine(Log log, String what) {
    this.log = log;
    this.what = what;
  }

  @Override
  public void total(long bytes) {
    total = bytes;
  }

  @Override
  public void advance(long bytes) {
    long sum = done.addAndGet(bytes);
    long due = next.get();
    long now = System.nanoTime();
    if (now >= due && next.compareAndSet(due, now + EVERY)) {
      double rate = sum * SECOND / Math.max(1, now - start);
      log.say(
          "%s: %,d of %,d MB, %,d MB/s, %d s left"
              .formatted(
                  what,
                  sum / 1_000_000,
                  total / 1_000_000,
                  Math.round(rate / 1e6),
                  Math.round(Math.max(0, total - sum) / Math.max(1, rate))));
    }
  }

  /// Bytes so far.
  long moved() {
    return done.get();
  }

  /// The last line.
  void end() {
    double seconds = (System.nanoTime() - start) / SECOND;
    log.say("%s: %,d MB in %.1f s".formatted(what, done.get() / 1_000_000, seconds));
  }
}
