package dev.bakehouse.job;

import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Vm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Watches for the host's disk getting full under a running VM. The VM stands still then; it goes
/// on by itself once there is room, and is ended when there is none in time.
final class DiskWatch implements AutoCloseable {
  private static final Duration EVERY = Duration.ofSeconds(2);
  private static final long LEAST = 16 << 20;

  private final Vm vm;
  private final Duration patience;
  private final Consumer<String> say;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile Optional<String> trouble = Optional.empty();

  /// @param patience how long a VM may stand still
  DiskWatch(Vm vm, Duration patience, Consumer<String> say) {
    this.vm = vm;
    this.patience = patience;
    this.say = say;
    Threads.start(this::watch);
  }

  /// Why the VM ended, when a full disk is the reason: this ended it, or the hypervisor died of
  /// memory that it could not put into its file.
  Optional<String> trouble() {
    return trouble.isPresent() || vm.running() ? trouble : full();
  }

  private Optional<String> full() {
    Path where = vm.console().toAbsolutePath().getParent();
    try {
      long free = Files.getFileStore(where).getUsableSpace();
      return Optional.of("The disk with " + where + " is full").filter(_ -> free < LEAST);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private void watch() {
    long since = 0;
    try {
      while (!closed.await(EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
        Optional<String> stalled = stalled();
        if (stalled.isEmpty()) {
          since = 0;
        } else if (since == 0) {
          since = System.nanoTime();
          say.accept(stalled.get() + "; the VM waits for room");
        } else if (System.nanoTime() - since > patience.toNanos()) {
          trouble = stalled;
          vm.kill();
          return;
        }
        if (stalled.isPresent()) {
          proceed();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Optional<String> stalled() {
    try {
      return vm.running() ? vm.stalled() : Optional.empty();
    } catch (UserError e) {
      // Gone, which others hear of, or too busy to answer: the next question tells.
      return Optional.empty();
    }
  }

  private void proceed() {
    try {
      vm.proceed();
    } catch (UserError e) {
      // As above.
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
