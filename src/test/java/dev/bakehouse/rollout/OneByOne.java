package dev.bakehouse.rollout;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/// Lets several threads take their steps one at a time, in an order that a seed decides.
final class OneByOne {
  private final Random random;
  private final List<Thread> waiting = new ArrayList<>();
  private int living;

  OneByOne(long seed, int threads) {
    this.random = new Random(seed);
    this.living = threads;
  }

  /// Runs one thread's work.
  ///
  /// @param work is given what waits for its next turn
  <T> T run(Function<Runnable, T> work) {
    try {
      return work.apply(this::step);
    } finally {
      synchronized (this) {
        living--;
        choose();
      }
    }
  }

  private synchronized void step() {
    Thread me = Thread.currentThread();
    waiting.add(me);
    choose();
    while (waiting.contains(me)) {
      try {
        wait();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /// When all who live wait, one of them goes on.
  private void choose() {
    if (living > 0 && waiting.size() == living) {
      waiting.sort(java.util.Comparator.comparing(Thread::threadId));
      Thread _ = waiting.remove(random.nextInt(waiting.size()));
      notifyAll();
    }
  }
}
