package dev.bakehouse.vm;

import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Processes.Identity;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// How many VMs this host runs at once, across all processes.
///
/// A slot is a locked file, so it is free the moment its holder dies. Who waits longest gets the
/// next one.
public final class Slots {
  /// Lock files this process holds. The system's lock does not tell threads of one process apart.
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private static final AtomicLong COUNT = new AtomicLong();

  private final Path directory;
  private final Path queue;
  private final int count;
  private final Reaper reaper;

  /// @param directory `STATE/slots`, one for all processes of the host
  /// @param reaper ends what a dead holder of a slot left running in it
  public Slots(Path directory, int count, Reaper reaper) {
    if (count < 1) {
      throw new UserError("A host with " + count + " slots runs nothing", "Give it at least 1.");
    }
    try {
      this.directory = Trees.make(directory.toAbsolutePath()).toRealPath();
      this.queue = Trees.make(this.directory.resolve("queue"));
    } catch (IOException e) {
      throw failed(directory, e);
    }
    this.count = count;
    this.reaper = reaper;
  }

  /// As [#acquire(Wish, Duration, Consumer)], for a caller that makes its VM itself.
  public Lease acquire(Duration deadline, Consumer<String> progress) {
    return acquire(Wish.NONE, deadline, progress);
  }

  /// Waits for a slot. First, all VMs of dead owners are ended, whatever slot they had. One that
  /// waits for an heir holds nobody up: it is in the lease ([Lease#standby]) when it is what is
  /// wished for, else it is ended where no slot is free without.
  ///
  /// @param progress is told when the place in the queue changes, for example "waiting for a VM
  ///   slot, 2 ahead"
  /// @throws UserError when the deadline passes first
  public Lease acquire(Wish wish, Duration deadline, Consumer<String> progress) {
    return awaited(wish, "one of ", deadline, progress, () -> any(wish));
  }

  /// The same for a caller that nothing but a VM of its wish will do.
  ///
  /// @param none whether there will be none
  /// @return empty when there will be none
  /// @throws UserError when the deadline passes first
  public Optional<Lease> standby(
      Wish wish, Duration deadline, BooleanSupplier none, Consumer<String> progress) {
    return awaited(
        wish,
        "a VM on standby in one of ",
        deadline,
        progress,
        () ->
            Optional.of(first(Seek.WAITING, wish.key()))
                .filter(lease -> lease.isPresent() || none.getAsBoolean()));
  }

  /// Waits until it is the first of the queue and has an answer.
  private <T> T awaited(
      Wish wish,
      String what,
      Duration deadline,
      Consumer<String> progress,
      Supplier<Optional<T>> question) {
    reaper.sweep();
    Path ticket = ticket(wish);
    long[] told = {-1};
    try {
      return Poll.until(
          what + count + " VM slots in " + directory,
          deadline,
          () -> {
            long ahead = ahead(ticket);
            Optional<T> answer = ahead == 0 ? question.get() : Optional.empty();
            if (answer.isEmpty() && ahead != told[0]) {
              progress.accept("waiting for a VM slot, " + ahead + " ahead");
              told[0] = ahead;
            }
            return answer;
          });
    } finally {
      delete(ticket);
    }
  }

  /// A slot if one is free now, past the queue; none with a VM in it that waits for an heir.
  public Optional<Lease> tryAcquire() {
    return first(Seek.FREE, "");
  }

  /// A slot with a VM that waits and is what is wished for, if there is one now and nobody is in
  /// the queue.
  public Optional<Lease> waiting(Wish wish) {
    return wanted(_ -> true) ? Optional.empty() : first(Seek.WAITING, wish.key());
  }

  /// Whether somebody waits in the queue with such a wish ([Wish#key]).
  public boolean wanted(Predicate<String> wish) {
    try {
      for (String ticket : Trees.names(queue)) {
        if (SlotFiles.holder(ticket).flatMap(Identity::alive).isPresent()
            && SlotFiles.wish(queue.resolve(ticket)).filter(wish).isPresent()) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      throw failed(queue, e);
    }
  }

  private Optional<Lease> any(Wish wish) {
    Optional<Lease> standby = first(Seek.WAITING, wish.key());
    return standby.or(() -> first(Seek.FREE, "")).or(() -> first(Seek.DISPLACE, ""));
  }

  /// What a slot is looked for with: a VM that waits, nothing in it, or at most a VM that waits.
  private enum Seek {
    WAITING,
    FREE,
    DISPLACE
  }

  private Optional<Lease> first(Seek seek, String key) {
    for (int slot = 1; slot <= count; slot++) {
      Optional<String> bound = SlotFiles.bound(directory, slot);
      if (seek != Seek.WAITING || bound.filter(vm -> reaper.waits(vm, key)).isPresent()) {
        Optional<Lease> lease = take(slot, seek, key);
        if (lease.isPresent()) {
          return lease;
        }
      }
    }
    return Optional.empty();
  }

  private Optional<Lease> take(int slot, Seek seek, String key) {
    Path file = directory.resolve(slot + ".lock");
    if (!HELD.add(file)) {
      return Optional.empty();
    }
    boolean taken = false;
    try {
      Optional<FileChannel> channel = lock(file);
      if (channel.isEmpty()) {
        return Optional.empty();
      }
      try {
        Optional<String> bound = SlotFiles.bound(directory, slot);
        Optional<String> standby =
            bound.filter(vm -> seek == Seek.WAITING && reaper.waits(vm, key));
        taken =
            seek == Seek.WAITING
                ? standby.isPresent()
                : bound.map(vm -> reaper.release(vm, seek == Seek.DISPLACE)).orElse(true);
        if (!taken) {
          return Optional.empty();
        }
        if (standby.isEmpty()) {
          SlotFiles.unbind(directory, slot);
        }
        return Optional.of(
            new Lease(directory, slot, channel.get(), standby, () -> HELD.remove(file)));
      } finally {
        if (!taken) {
          channel.get().close();
        }
      }
    } catch (IOException e) {
      throw failed(directory, e);
    } finally {
      if (!taken) {
        HELD.remove(file);
      }
    }
  }

  private static Optional<FileChannel> lock(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = channel.tryLock();
    if (lock == null) {
      channel.close();
      return Optional.empty();
    }
    return Optional.of(channel);
  }

  private Path ticket(Wish wish) {
    Identity self = Processes.self();
    String name =
        "%015d-%d-%d-%09d"
            .formatted(
                System.currentTimeMillis(), self.pid(), self.started(), COUNT.incrementAndGet());
    try {
      return Files.writeString(queue.resolve(name), wish.key(), StandardOpenOption.CREATE_NEW);
    } catch (IOException e) {
      throw failed(queue, e);
    }
  }

  /// How many living tickets are older; those of dead processes are removed.
  private long ahead(Path ticket) throws IOException {
    long ahead = 0;
    List<String> all = Trees.names(queue);
    for (String other : all.subList(0, Math.max(0, all.indexOf(name(ticket))))) {
      if (SlotFiles.holder(other).flatMap(Identity::alive).isPresent()) {
        ahead++;
      } else {
        Files.deleteIfExists(queue.resolve(other));
      }
    }
    return ahead;
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  private static void delete(Path ticket) {
    try {
      Files.deleteIfExists(ticket);
    } catch (IOException e) {
      throw failed(ticket, e);
    }
  }

  private static UserError failed(Path where, IOException e) {
    return new UserError(
        "Could not use the VM slots in " + where + ": " + Reason.of(e),
        "Check the directory's mode and space.",
        e);
  }
}
