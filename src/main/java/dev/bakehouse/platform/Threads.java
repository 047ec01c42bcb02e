package dev.bakehouse.platform;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/// Threads for work that waits in a pipe, a file or native code.
///
/// These are the system's: a virtual thread in such a wait holds its carrier, and there are only as
/// many carriers as processors. Two guardians' pipes once held both of a small machine, and nothing
/// else ran.
public final class Threads {
  private Threads() {}

  /// Starts a thread that does not keep the program alive.
  public static Thread start(Runnable work) {
    return Thread.ofPlatform().daemon().start(work);
  }

  /// Whether another thread than this one would keep the program alive.
  public static boolean holdProgram() {
    ThreadGroup all = Thread.currentThread().getThreadGroup();
    while (all.getParent() != null) {
      all = all.getParent();
    }
    Thread[] threads = new Thread[all.activeCount() + 16];
    int found = all.enumerate(threads);
    long holding = Arrays.stream(threads, 0, found).filter(thread -> !thread.isDaemon()).count();
    return found == threads.length || holding > (Thread.currentThread().isDaemon() ? 0 : 1);
  }

  /// Waits for the end of threads, also when this one is or gets interrupted, which it keeps for
  /// later.
  public static void join(Collection<Thread> threads) {
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /// Waits for the end of a thread; an interrupt of this one goes on to it and is kept here.
  public static void joinOrInterrupt(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
        thread.interrupt();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /// Runs work that must be done whole, also when this thread is or gets interrupted: a file lock
  /// or a wait would give up half-way. It runs on a thread of its own; this one waits and keeps its
  /// interrupt for later.
  public static <T> T uninterrupted(Supplier<T> work) {
    return result(begin(work));
  }

  /// Runs two at once, the other on a thread of its own, and waits for both also when one fails;
  /// when both do, the work's failure is thrown.
  ///
  /// @return of the work
  public static <T> T beside(Runnable other, Supplier<T> work) {
    CompletableFuture<Boolean> begun =
        begin(
            () -> {
              other.run();
              return true;
            });
    T done;
    try {
      done = work.get();
    } catch (Throwable e) {
      boolean _ = begun.handle((_, _) -> true).join();
      throw e;
    }
    boolean _ = result(begun);
    return done;
  }

  /// Waits for a task's result.
  ///
  /// @throws IOException what the task threw, or [InterruptedIOException], and the interrupt is
  ///   kept
  public static <T> T get(Future<T> task) throws IOException {
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw thrown(Objects.requireNonNullElse(e.getCause(), e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  /// @return what a task threw, to be thrown on; what is no [IOException] and can be thrown from
  ///   everywhere is, here
  public static IOException thrown(Throwable failure) {
    return switch (failure) {
      case IOException e -> e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> new IOException(failure);
    };
  }

  private static <T> CompletableFuture<T> begin(Supplier<T> work) {
    CompletableFuture<T> done = new CompletableFuture<>();
    Thread _ =
        start(
            () -> {
              try {
                done.complete(work.get());
              } catch (Throwable e) {
                done.completeExceptionally(e);
              }
            });
    return done;
  }

  private static <T> T result(CompletableFuture<T> begun) {
    try {
      return begun.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw e;
      }
    }
  }
}
