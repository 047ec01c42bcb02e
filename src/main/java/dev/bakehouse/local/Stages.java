package dev.bakehouse.local;

import java.io.PrintStream;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// Long work, a line a stage; a stage that goes on is told of again and again.
final class Stages implements AutoCloseable {
  private static final long EVERY = 30;

  private final PrintStream out;
  private final String whole;
  private final long begin = System.nanoTime();
  private final ScheduledExecutorService pulse =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
  private volatile String stage = "";

  /// @param whole how long all of it may take, in words
  Stages(PrintStream out, String whole) {
    this.out = out;
    this.whole = whole;
    pulse.scheduleAtFixedRate(
        () -> say("still " + stage + " (" + this.whole + ")"), EVERY, EVERY, TimeUnit.SECONDS);
  }

  void begin(String name) {
    stage = name;
    say(name);
  }

  private void say(String line) {
    out.printf("  [%3d s] %s%n", (System.nanoTime() - begin) / 1_000_000_000L, line);
  }

  @Override
  public void close() {
    pulse.shutdownNow();
  }
}
