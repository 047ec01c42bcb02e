package dev.bakehouse.oci;

import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Runs tasks on a bounded number of threads; the first failure stops the rest.
final class Parallel {
  private Parallel() {}

  /// At most one thread a core: slices are bound by hashing and compression.
  static int threads() {
    return Math.max(1, Runtime.getRuntime().availableProcessors());
  }

  static <T> List<T> run(String what, List<Callable<T>> tasks) {
    return run(what, threads(), tasks);
  }

  /// @return results in the order of the tasks
  static <T> List<T> run(String what, int threads, List<Callable<T>> tasks) {
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      ExecutorCompletionService<T> done = new ExecutorCompletionService<>(pool);
      List<Future<T>> futures = new ArrayList<>();
      tasks.forEach(task -> futures.add(done.submit(task)));
      try {
        for (int i = 0; i < tasks.size(); i++) {
          done.take().get();
        }
        List<T> results = new ArrayList<>();
        for (Future<T> future : futures) {
          results.add(future.get());
        }
        return results;
      } catch (ExecutionException e) {
        pool.shutdownNow();
        Throwable cause = e;
        while (cause instanceof ExecutionException && cause.getCause() != null) {
          cause = cause.getCause();
        }
        if (cause instanceof UserError user) {
          throw user;
        }
        throw new UserError(
            "Could not " + what + ": " + cause,
            "Check free space and the network, then try again.",
            cause);
      } catch (InterruptedException e) {
        pool.shutdownNow();
        Thread.currentThread().interrupt();
        throw new UserError("Could not " + what + ": interrupted", "Run it again.", e);
      }
    }
  }
}
