package dev.bakehouse.image;

import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.GuestProgram;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Duplex;
import dev.bakehouse.vm.Vm;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Looks for the guest program of a guest that may have none, on a thread of its own, until it
/// answers or this is closed. The control channel it found is closed with it.
final class ProgramSearch implements AutoCloseable {
  private static final Duration UNTIL_CLOSED = Duration.ofDays(1);

  private final CompletableFuture<Control> found = new CompletableFuture<>();
  private final Thread thread;
  private @Nullable Duplex channel;
  private @Nullable Control control;
  private boolean closed;

  ProgramSearch(Vm vm) {
    this.thread = Threads.start(() -> look(vm));
  }

  /// The control channel, once the guest program has answered on it.
  Optional<Control> found() {
    return Optional.ofNullable(found.getNow(null));
  }

  private void look(Vm vm) {
    try {
      Control mine = open(vm.control(GuestProgram.bytes()));
      mine.hello(UNTIL_CLOSED);
      found.complete(mine);
    } catch (UserError e) {
      // There is none, or nobody wants it any more: what is done about it is the caller's.
    }
  }

  private synchronized Control open(Duplex opened) {
    Control mine = new Control(opened.in(), opened.out());
    channel = opened;
    control = mine;
    if (closed) {
      shut();
    }
    return mine;
  }

  private void shut() {
    try (Duplex _ = channel;
        Control _ = control) {
      // Closes what there is.
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    thread.interrupt();
    shut();
  }
}
