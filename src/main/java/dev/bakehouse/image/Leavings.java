package dev.bakehouse.image;

import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.Scratch;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// What transfers and builds left in the store's work directory when they were killed. Some of it
/// would spare the next one of its kind a part of its work; none of it is an image.
final class Leavings {
  /// An image being deleted.
  static final String GONE = ".gone-";

  /// An unfinished pull, with its digest.
  static final String PULL = ".pull-";

  /// What a push has compressed, with the image's content.
  static final String PUSH = "push-";

  private static final String LOCK = ".lock";

  /// A staged file of its own has no lock; no registry takes that long for one.
  private static final Duration UPLOAD = Duration.ofHours(6);

  private final ImageStore store;

  Leavings(ImageStore store) {
    this.store = store;
  }

  /// Those of dead processes.
  List<Path> dead() throws IOException {
    return Stream.concat(entries(store.work()), entries(uploads()))
        .filter(entry -> taken(entry, _ -> {}))
        .toList();
  }

  /// Removes one, unless somebody took it up meanwhile.
  void remove(Path entry) {
    boolean _ = taken(entry, Directories::delete);
  }

  /// Removes what dead pushes left in a layout's staging, and tells nobody of what it can not.
  /// Processes of other hosts may push there too: a file without a lock goes by its age.
  static void sweep(Path staging) throws IOException {
    for (Path entry : entries(staging).toList()) {
      try {
        String name = entry.getFileName().toString();
        if (!Files.isDirectory(entry)) {
          if (!name.endsWith(LOCK) && old(entry)) {
            Files.deleteIfExists(entry);
          }
        } else if (name.startsWith(PUSH)) {
          boolean _ = locked(entry, name, Directories::delete);
        }
      } catch (IOException | UserError e) {
        // Another's, perhaps: the push goes on.
      }
    }
  }

  private Path uploads() {
    return store.work().resolve("upload");
  }

  /// Does something with an entry whose work is dead, while nobody can take it up.
  private boolean taken(Path entry, Consumer<Path> work) {
    String name = entry.getFileName().toString();
    boolean upload = entry.startsWith(uploads());
    boolean directory = Files.isDirectory(entry);
    boolean stale =
        upload && !directory && !name.endsWith(LOCK) && (old(entry) || Scratch.dead(entry));
    if (name.startsWith(GONE) || stale) {
      work.accept(entry);
      return true;
    }
    boolean ours = upload || name.endsWith(Draft.SUFFIX) || name.startsWith(PULL);
    if (!directory || !ours || entry.equals(uploads())) {
      return false;
    }
    String owner =
        name.endsWith(Draft.SUFFIX)
            ? name.substring(0, name.length() - Draft.SUFFIX.length())
            : name;
    return locked(entry, owner, work);
  }

  /// Does something with an entry whose owner is dead.
  private static boolean locked(Path entry, String owner, Consumer<Path> work) {
    Optional<ExclusiveLock> lock = ExclusiveLock.tryOn(entry.resolveSibling(owner + LOCK));
    if (lock.isEmpty()) {
      return false;
    }
    try (ExclusiveLock _ = lock.get()) {
      work.accept(entry);
      return true;
    }
  }

  private static boolean old(Path file) {
    try {
      return Files.getLastModifiedTime(file).toInstant().isBefore(Instant.now().minus(UPLOAD));
    } catch (IOException e) {
      return false;
    }
  }

  private static Stream<Path> entries(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.sorted().toList().stream();
    } catch (NoSuchFileException e) {
      return Stream.empty();
    }
  }
}
