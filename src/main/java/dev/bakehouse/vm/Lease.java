package dev.bakehouse.vm;

import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/// The right to run one VM on this host, until closed or until this process is gone.
public final class Lease implements AutoCloseable {
  private final Path directory;
  private final int slot;
  private final FileChannel channel;
  private final Runnable after;
  private final AtomicBoolean open = new AtomicBoolean(true);
  private Optional<String> standby;

  Lease(Path directory, int slot, FileChannel channel, Optional<String> standby, Runnable after) {
    this.directory = directory;
    this.slot = slot;
    this.channel = channel;
    this.standby = standby;
    this.after = after;
  }

  /// 1 up to the number of slots.
  public int slot() {
    return slot;
  }

  /// The name of the VM that waits in this slot, until [#standby] was asked.
  public Optional<String> waiting() {
    return standby;
  }

  /// The name of the VM that waits in this slot for the holder to take it over, once: it may have
  /// ended since, and what can not be taken over is to be ended.
  public Optional<String> standby() {
    Optional<String> once = standby;
    standby = Optional.empty();
    return once;
  }

  /// Notes the VM that uses the slot, before it is made: when this process dies, the slot's next
  /// holder ends exactly that VM first.
  public void bind(String vm) {
    try {
      SlotFiles.bind(directory, slot, vm);
    } catch (IOException e) {
      throw failed("note the VM of", e);
    }
  }

  /// Leaves the slot to the bound VM, which is kept: the slot is free again when that VM stops.
  public void leave() {
    end(false);
  }

  @Override
  public void close() {
    end(true);
  }

  private void end(boolean unbind) {
    if (!open.compareAndSet(true, false)) {
      return;
    }
    try (channel) {
      if (unbind) {
        SlotFiles.unbind(directory, slot);
      }
    } catch (IOException e) {
      throw failed("free", e);
    } finally {
      after.run();
    }
  }

  private UserError failed(String what, IOException e) {
    return new UserError(
        "Could not " + what + " slot " + slot + " in " + directory + ": " + Reason.of(e),
        "Check the directory's mode and space.",
        e);
  }
}
