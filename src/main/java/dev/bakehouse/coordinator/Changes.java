package dev.bakehouse.coordinator;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Tells who waits that the state changed. The reader looks at the state itself, so no change can
/// be missed and none is told twice.
final class Changes {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private long version;

  /// @param listener is run at each change, by the thread that made it
  void listen(Runnable listener) {
    listeners.add(listener);
  }

  void signal() {
    lock.lock();
    try {
      version++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    listeners.forEach(Runnable::run);
  }

  long version() {
    lock.lock();
    try {
      return version;
    } finally {
      lock.unlock();
    }
  }

  /// Returns when the version is another than the one seen, or after the limit.
  void await(long seen, Duration limit) throws InterruptedException {
    long left = limit.toNanos();
    if (!lock.tryLock(left, TimeUnit.NANOSECONDS)) {
      return;
    }
    try {
      while (version == seen && left > 0) {
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }
}
