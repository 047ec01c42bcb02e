package dev.bakehouse.vm;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/// A lock on a file that holds between processes and between threads.
///
/// The system drops a process's lock when any channel on that file is closed, so one process has
/// only one channel open on it at a time.
final class FileMutex {
  private static final Map<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

  private FileMutex() {}

  /// @param file in a directory that exists; is made when missing and stays
  static <T> T hold(Path file, Supplier<T> work) {
    ReentrantLock threads =
        THREADS.computeIfAbsent(file.toAbsolutePath().normalize(), _ -> new ReentrantLock());
    threads.lock();
    try {
      if (threads.getHoldCount() > 1) {
        return work.get();
      }
      try (FileChannel channel =
              FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        assert lock.isValid();
        return work.get();
      }
    } catch (IOException e) {
      throw new UserError(
          "Could not lock " + file + ": " + e.getMessage(), "Check the state directory's mode.", e);
    } finally {
      threads.unlock();
    }
  }
}
