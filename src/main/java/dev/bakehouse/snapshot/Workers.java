package dev.bakehouse.snapshot;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// The threads of one save or restore. They wait in files, so they are the system's.
final class Workers implements AutoCloseable {
  static final int COUNT = Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 16);

  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          COUNT, task -> Thread.ofPlatform().daemon().name("snapshot").unstarted(task));

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
      results.add(get(each));
    }
    return results;
  }

  /// Runs all to their end, then fails if one of them failed.
  void run(Collection<? extends Callable<?>> tasks) throws IOException {
    List<Future<?>> all = new ArrayList<>(tasks.size());
    tasks.forEach(task -> all.add(threads.submit(task)));
    IOException failed = null;
    for (Future<?> each : all) {
      try {
        get(each);
      } catch (IOException e) {
        failed = failed == null ? e : failed;
      }
    }
    if (failed != null) {
      throw failed;
    }
  }

  /// @throws IOException what the task threw
  static <T> T get(Future<T> future) throws IOException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException cause -> throw cause;
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw new IOException(e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
