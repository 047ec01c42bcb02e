package dev.bakehouse.snapshot;

import dev.bakehouse.platform.DirectoryListing;
import dev.bakehouse.platform.DirectoryListing.Named;
import dev.bakehouse.platform.DirectoryListing.Stat;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.Posix;
import dev.bakehouse.platform.RawEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/// Puts a snapshot in a directory's place.
///
/// Where there is nothing, a new directory is made beside and renamed when it is whole. A directory
/// that is there is changed in place: what is the snapshot's already stays, the rest is written
/// under other names and renamed, what is too much goes, and its [Seal] is broken meanwhile. One
/// restore to a directory at a time: a second is refused, and the first goes on.
public final class HostTarget {
  /// @param last paths that are written when all others are there, and removed before
  /// @param foreign paths that are not the snapshot's business: they stay
  /// @param whole a snapshot of which something is lost is not restored at all
  public record Rules(Predicate<String> last, Predicate<String> foreign, boolean whole) {
    public static final Rules PLAIN = new Rules(p -> false, p -> false, false);
  }

  private static final Pattern FRESH = Pattern.compile("\\.bakehouse-[0-9a-f-]{36}");

  /// Longer than any restore takes.
  private static final Duration ABANDONED = Duration.ofDays(1);

  private final Path directory;
  private final Rules rules;

  /// @param directory a symbolic link to one stays, and what it points at is changed
  public HostTarget(Path directory, Rules rules) throws IOException {
    this.directory =
        Files.exists(directory) ? directory.toRealPath() : directory.toAbsolutePath().normalize();
    this.rules = rules;
  }

  /// @throws Malformed when the snapshot can not be restored; the directory is as it was, or empty
  /// @throws IOException when the store could not be read or the directory not be written;
  ///   likewise, and where it can not even be emptied its seal is broken
  public Restored restore(Snapshot snapshot) throws IOException {
    if (rules.whole()) {
      Optional<String> missing = snapshot.missing();
      if (missing.isPresent()) {
        throw new Malformed(missing.get());
      }
    }
    if (directory.getFileName() == null) {
      throw new IOException("a file system's top can not be replaced");
    }
    Seal seal = new Seal(directory);
    Optional<ExclusiveLock> alone = seal.tryLock();
    if (alone.isEmpty()) {
      throw new IOException(
          "another restore to " + directory + ", or a save of it, is at work; let it end first");
    }
    try (ExclusiveLock _ = alone.get();
        Workers workers = new Workers(snapshot.blobs())) {
      if (Files.exists(directory)) {
        return over(snapshot, seal, workers);
      }
      return fresh(snapshot, seal, workers);
    }
  }

  private Restored fresh(Snapshot snapshot, Seal seal, Workers workers) throws IOException {
    Path parent = directory.resolveSibling("");
    removeAbandoned(RawEnvironment.raw(parent.toString()));
    Path fresh = parent.resolve(".bakehouse-" + UUID.randomUUID());
    String raw = RawEnvironment.raw(fresh.toString());
    try {
      Posix.makeDirectory(raw, 0700);
      Restore restore = new Restore(snapshot, fresh, rules, workers, false);
      Restored restored = restore.run(Optional.empty());
      check(restored);
      seal.claim();
      Posix.rename(raw, RawEnvironment.raw(directory.toString()));
      restore.finishTop(directory);
      end(snapshot, restored, seal);
      return restored;
    } catch (Malformed e) {
      lost(snapshot, seal);
      throw e;
    } finally {
      remove(fresh);
    }
  }

  private Restored over(Snapshot snapshot, Seal seal, Workers workers) throws IOException {
    Optional<Seal.State> known = seal.read();
    seal.breakIt();
    try {
      Restore restore = new Restore(snapshot, directory, rules, workers, true);
      Restored restored = restore.run(known);
      check(restored);
      restore.finishTop(directory);
      end(snapshot, restored, seal);
      return restored;
    } catch (IOException | RuntimeException | Error e) {
      try {
        empty();
        seal.remove();
        if (e instanceof Malformed) {
          lost(snapshot, seal);
        }
      } catch (IOException also) {
        // The seal stays broken.
        e.addSuppressed(also);
      }
      throw e;
    }
  }

  private static void end(Snapshot snapshot, Restored restored, Seal seal) throws IOException {
    if (restored.lost().isEmpty()) {
      seal.write(new Seal.State(snapshot.id(), seal.nextMoment()));
    } else {
      seal.claim();
      lost(snapshot, seal);
    }
  }

  /// What is missing in the store the next save sees; what has other bytes it does not.
  private static void lost(Snapshot snapshot, Seal seal) throws IOException {
    if (snapshot.missing().isEmpty()) {
      seal.distrust();
    }
  }

  private void check(Restored restored) throws Malformed {
    List<String> lost = restored.lost();
    if (rules.whole() && !lost.isEmpty()) {
      throw new Malformed(lost.size() + " of its files are lost: " + lost.getFirst());
    }
  }

  /// Half a cache is worse than none.
  private void empty() throws IOException {
    String top = RawEnvironment.raw(directory.toString());
    for (Named each : DirectoryListing.list(top)) {
      if (!rules.foreign().test(each.name())) {
        removeTree(top + "/" + each.name());
      }
    }
  }

  private static void remove(Path fresh) throws IOException {
    try {
      removeTree(RawEnvironment.raw(fresh.toString()));
    } catch (NoSuchFileException e) {
      // Renamed: it has become the cache.
    }
  }

  /// Removes whatever has a name, following no link.
  static void removeTree(String path) throws IOException {
    removeTree(path, DirectoryListing.stat(path));
  }

  private static void removeTree(String path, Stat stat) throws IOException {
    if (!stat.isDirectory()) {
      Posix.remove(path);
      return;
    }
    Posix.mode(path, Restore.WRITABLE);
    for (Named each : DirectoryListing.list(path)) {
      removeTree(path + "/" + each.name(), each.stat());
    }
    Posix.removeDirectory(path);
  }

  /// What restores that were killed left beside a directory, as far as it can be removed.
  private static void removeAbandoned(String parent) {
    long old = (System.currentTimeMillis() - ABANDONED.toMillis()) * 1_000_000;
    try {
      for (Named each : DirectoryListing.list(parent)) {
        if (FRESH.matcher(each.name()).matches() && each.stat().mtime() < old) {
          removeTree(parent + "/" + each.name(), each.stat());
        }
      }
    } catch (IOException e) {
      // Another's, or removed by another meanwhile.
    }
  }
}
