package dev.bakehouse.snapshot;

import dev.bakehouse.platform.Threads;
import dev.bakehouse.store.BlobStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// The threads of one save or restore. They wait in files, so they are the system's.
final class Workers implements AutoCloseable {
  static final int COUNT = Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 16);

  private final ExecutorService threads;

  /// Of what is on this machine.
  Workers() {
    this(COUNT);
  }

  /// Of what is read from a store.
  Workers(BlobStore blobs) {
    this(Math.max(COUNT, blobs.reads()));
  }

  private Workers(int count) {
    threads =
        Executors.newFixedThreadPool(
            count, task -> Thread.ofPlatform().daemon().name("snapshot").unstarted(task));
  }

  <T> Future<T> submit(Callable<T> task) {
    return threads.submit(task);
  }

  interface Work<A, B> {
    B of(A each) throws IOException;
  }

  /// Does the same with each, and gives the results in the same order.
  <A, B> List<B> map(Collection<A> all, Work<A, B> work) throws IOException {
    List<Future<B>> coming = new ArrayList<>(all.size());
    all.forEach(each -> coming.add(threads.submit(() -> work.of(each))));
    List<B> results = new ArrayList<>(all.size());
    for (Future<B> each : coming) {
      results.add(Threads.get(each));
    }
    return results;
  }

  /// Runs all to their end, then fails if one failed.
  void run(Collection<? extends Callable<?>> tasks) throws IOException {
    start(tasks).end();
  }

  Running start(Collection<? extends Callable<?>> tasks) {
    List<Future<?>> all = new ArrayList<>(tasks.size());
    tasks.forEach(task -> all.add(threads.submit(task)));
    return new Running(all);
  }

  /// Tasks on their way.
  record Running(List<Future<?>> all) {
    static final Running NOTHING = new Running(List.of());

    /// Waits until all have ended, whatever happens to them or to this thread, then fails if one
    /// failed.
    void end() throws IOException {
      List<Throwable> failures =
          Threads.uninterrupted(
              () -> all.stream().flatMap(task -> failure(task).stream()).toList());
      if (!failures.isEmpty()) {
        throw Threads.thrown(failures.getFirst());
      }
    }
  }

  private static Optional<Throwable> failure(Future<?> task) {
    try {
      Object _ = task.get();
      return Optional.empty();
    } catch (ExecutionException e) {
      return Optional.of(Objects.requireNonNullElse(e.getCause(), e));
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts this thread", e);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
