package dev.bakehouse.platform;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/// A lock between threads of this process and between processes, on a file that stays. The system
/// releases it when a process dies.
public final class ExclusiveLock implements AutoCloseable {
  private static final ConcurrentHashMap<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

  private final ReentrantLock threads;
  private final FileChannel channel;

  private ExclusiveLock(ReentrantLock threads, FileChannel channel) {
    this.threads = threads;
    this.channel = channel;
  }

  /// Waits as long as it takes.
  ///
  /// @param waiting is run once when someone else holds the lock
  public static ExclusiveLock on(Path file, Runnable waiting) {
    ReentrantLock threads =
        THREADS.computeIfAbsent(file.toAbsolutePath().normalize(), p -> new ReentrantLock());
    boolean told = false;
    if (!threads.tryLock()) {
      waiting.run();
      told = true;
      threads.lock();
    }
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        if (channel.tryLock() == null) {
          if (!told) {
            waiting.run();
          }
          channel.lock();
        }
        return new ExclusiveLock(threads, channel);
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      threads.unlock();
      throw new UserError(
          "Could not lock " + file + ": " + Reason.of(e),
          "Check the directory's owner and mode.",
          e);
    } catch (RuntimeException e) {
      threads.unlock();
      throw e;
    }
  }

  public static ExclusiveLock on(Path file) {
    return on(file, () -> {});
  }

  /// Whether this thread has it already; it can not have it twice.
  public static boolean held(Path file) {
    ReentrantLock threads = THREADS.get(file.toAbsolutePath().normalize());
    return threads != null && threads.isHeldByCurrentThread();
  }

  /// The lock if nobody has it now, neither another process nor any thread of this one.
  public static Optional<ExclusiveLock> tryOn(Path file) {
    ReentrantLock threads =
        THREADS.computeIfAbsent(file.toAbsolutePath().normalize(), p -> new ReentrantLock());
    if (threads.isHeldByCurrentThread() || !threads.tryLock()) {
      return Optional.empty();
    }
    boolean taken = false;
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        taken = channel.tryLock() != null;
      } finally {
        if (!taken) {
          channel.close();
        }
      }
      return taken ? Optional.of(new ExclusiveLock(threads, channel)) : Optional.empty();
    } catch (IOException e) {
      throw new UserError(
          "Could not lock " + file + ": " + Reason.of(e),
          "Check the directory's owner and mode.",
          e);
    } finally {
      if (!taken) {
        threads.unlock();
      }
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // The system drops the lock with the descriptor either way.
    } finally {
      threads.unlock();
    }
  }
}
