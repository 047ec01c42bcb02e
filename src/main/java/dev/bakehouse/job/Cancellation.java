package dev.bakehouse.job;

import dev.bakehouse.platform.UserError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Turns the end of this process (TERM, HUP, the death of the agent that started it) into an
/// orderly end of the job.
///
/// The JVM runs the hook while the job's thread goes on; the hook waits until the job has cleaned
/// up, then ends the process with the job's own status.
final class Cancellation implements AutoCloseable {
  /// Longer than any grace; what then still runs is ended by the VM's guardian, as after a KILL.
  private static final Duration LONGEST = Duration.ofHours(1);

  private final List<Runnable> listeners = new ArrayList<>();
  private final CompletableFuture<Integer> ended = new CompletableFuture<>();
  private final Thread hook = Thread.ofPlatform().name("cancellation").unstarted(this::onShutdown);
  private boolean cancelled;
  private long at;

  /// Starts to listen.
  ///
  /// @param parent the process whose death cancels too
  static Cancellation install(OptionalInt parent) {
    Cancellation cancellation = new Cancellation();
    Runtime.getRuntime().addShutdownHook(cancellation.hook);
    parent.ifPresent(
        pid ->
            ProcessHandle.of(pid)
                .ifPresent(p -> p.onExit().thenRun(() -> Runtime.getRuntime().exit(143))));
    return cancellation;
  }

  synchronized boolean cancelled() {
    return cancelled;
  }

  /// How long ago that was, if it was.
  synchronized Optional<Duration> since() {
    return cancelled ? Optional.of(Duration.ofNanos(System.nanoTime() - at)) : Optional.empty();
  }

  /// Runs once, at the cancellation; at once if it has happened.
  synchronized void listen(Runnable listener) {
    if (cancelled) {
      listener.run();
    } else {
      listeners.add(listener);
    }
  }

  /// A cancellation interrupts the thread while it waits for a slot, a boot or a connection: until
  /// [Interruptible#end], and never while it works or cleans up.
  Interruptible interrupt(Thread worker) {
    Interruptible section = new Interruptible(worker);
    listen(section::cancel);
    return section;
  }

  /// The part of a job that may be broken off anywhere.
  static final class Interruptible {
    private final Thread worker;
    private boolean over;

    private Interruptible(Thread worker) {
      this.worker = worker;
    }

    private synchronized void cancel() {
      if (!over) {
        worker.interrupt();
      }
    }

    /// Called by the worker, before what must not be broken off.
    ///
    /// @throws Infrastructure when the job was cancelled meanwhile
    synchronized void end() {
      over = true;
      if (Thread.interrupted()) {
        throw Infrastructure.of(
            Phase.COMMAND, new UserError("the job was cancelled before it began", "Run it again."));
      }
    }
  }

  /// The job is over and cleaned up.
  ///
  /// @param status what the process should end with
  void finished(int status) {
    ended.complete(status);
  }

  private void onShutdown() {
    List<Runnable> all;
    synchronized (this) {
      cancelled = true;
      at = System.nanoTime();
      all = List.copyOf(listeners);
    }
    all.forEach(Runnable::run);
    try {
      Runtime.getRuntime().halt(ended.get(LONGEST.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      Runtime.getRuntime().halt(143);
    }
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending; the hook runs and waits for `finished`.
    }
  }
}
