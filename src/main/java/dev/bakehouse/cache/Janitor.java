package dev.bakehouse.cache;

import dev.bakehouse.cache.Manifests.Stored;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Looks after a store of tar archives, beside jobs that save and restore.
///
/// A save publishes its archive some moments before the manifest that names it; a restore holds its
/// archive open. So what is younger than the grace is never removed, and what is removed is never
/// missed half-way.
public final class Janitor {
  /// Longer than any save takes, and than a failed build waits for its retry.
  public static final Duration GRACE = Duration.ofHours(24);

  /// Which builds failed; `false` also for builds nobody knows.
  @FunctionalInterface
  public interface FailedBuilds {
    FailedBuilds UNKNOWN = build -> false;

    boolean failed(String build);
  }

  /// @param entries removed because they were unused for too long or their build failed
  /// @param blobs archives and other parts removed, those of the entries included
  /// @param freed bytes
  /// @param kept entries that stay
  public record Swept(int entries, int blobs, long freed, int kept) {}

  /// @param checked entries read to the end
  /// @param damaged one line for each entry or manifest that can not be used
  public record Verified(int checked, List<String> damaged) {}

  private final BlobStore blobs;
  private final Clock clock;

  public Janitor(BlobStore blobs, Clock clock) {
    this.blobs = blobs;
    this.clock = clock;
  }

  /// @param retention how long an entry stays after its last use
  /// @throws UserError when the store can not be read or written
  public Swept sweep(Duration retention, Duration grace, FailedBuilds failed) {
    try {
      Instant now = clock.instant();
      // The archives first: one published after this moment is not looked at.
      List<BlobInfo> archives = blobs.list(TarStore.ARCHIVES);
      Manifests manifests = new Manifests(blobs);
      Set<String> needed = new HashSet<>();
      int removed = 0;
      for (BlobInfo blob : blobs.list(Manifests.ROOT)) {
        Optional<Stored> stored = manifests.read(blob);
        boolean unused = blob.modified().isBefore(now.minus(retention));
        boolean old = blob.modified().isBefore(now.minus(grace));
        boolean useless = stored.isPresent() && failed.failed(stored.get().manifest().build());
        if (old && (unused || useless) && removeUnchanged(blob)) {
          removed++;
        } else {
          stored.ifPresent(s -> needed.add(s.manifest().archive()));
        }
      }
      int swept = blobs.deleteAbandoned(now.minus(grace));
      long freed = 0;
      for (BlobInfo archive : archives) {
        boolean young = archive.modified().isAfter(now.minus(grace));
        if (!young && !needed.contains(archive.key()) && blobs.delete(archive.key())) {
          swept++;
          freed += archive.size();
        }
      }
      return new Swept(removed, swept, freed, needed.size());
    } catch (IOException e) {
      throw failure("sweep", e);
    }
  }

  /// Reads every entry to its end.
  ///
  /// @throws UserError when the store can not be listed
  public Verified verify() {
    try {
      TarStore store = new TarStore(blobs);
      Manifests manifests = new Manifests(blobs);
      List<String> damaged = new ArrayList<>();
      int checked = 0;
      for (BlobInfo blob : blobs.list(Manifests.ROOT)) {
        Optional<Stored> stored = manifests.read(blob);
        checked++;
        if (stored.isEmpty()) {
          if (blobs.stat(blob.key()).isPresent()) {
            damaged.add(blob.key() + ": not a manifest");
          }
          continue;
        }
        Entry entry = stored.get().entry();
        switch (store.open(entry)) {
          case CacheStore.Opened.Whole whole -> whole.close();
          case CacheStore.Opened.Damaged bad -> damaged.add(entry.address() + ": " + bad.why());
        }
      }
      return new Verified(checked, damaged);
    } catch (IOException e) {
      throw failure("verify", e);
    }
  }

  /// A manifest that was saved again or used since it was listed stays.
  private boolean removeUnchanged(BlobInfo blob) throws IOException {
    return blobs.stat(blob.key()).filter(blob::equals).isPresent() && blobs.delete(blob.key());
  }

  private UserError failure(String what, IOException e) {
    return new UserError(
        "Could not " + what + " the cache store " + blobs.url() + ": " + e.getMessage(),
        "Check that the store is reachable and its files can be read and removed.",
        e);
  }
}
