package dev.bakehouse.cache;

import dev.bakehouse.cache.Manifests.Stored;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.OtherVersion;
import dev.bakehouse.snapshot.Snapshot;
import dev.bakehouse.snapshot.Sweep;
import dev.bakehouse.snapshot.Verify;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Looks after a store of caches, beside jobs that save and restore.
///
/// A save publishes its packs and snapshot some moments before the manifest that names it, and
/// touches the packs it takes over; a restore touches its manifest first. So what is younger than
/// the grace is never removed.
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
  /// @param blobs packs and other parts removed, those of the entries included
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
  /// @throws UserError when the store can not be read or written; when something in it is of a
  ///   version this program does not know, and then nothing is removed
  public Swept sweep(Duration retention, Duration grace, FailedBuilds failed) {
    try {
      Instant now = clock.instant();
      // The packs first: one published after this moment is not looked at.
      Sweep sweep = Sweep.begin(blobs);
      Manifests manifests = new Manifests(blobs);
      Map<BlobInfo, Optional<Stored>> all = new LinkedHashMap<>();
      for (BlobInfo blob : blobs.list(Manifests.ROOT)) {
        Optional<Stored> stored = manifests.read(blob);
        if (stored.isPresent()) {
          sweep.insistKnown(stored.get().manifest().snapshot());
        } else {
          manifests.insistKnown(blob);
        }
        all.put(blob, stored);
      }
      Set<String> needed = new HashSet<>();
      int removed = 0;
      int kept = 0;
      for (Map.Entry<BlobInfo, Optional<Stored>> each : all.entrySet()) {
        BlobInfo blob = each.getKey();
        Optional<Manifest> manifest = each.getValue().map(Stored::manifest);
        boolean unused = blob.modified().isBefore(now.minus(retention));
        boolean old = blob.modified().isBefore(now.minus(grace));
        boolean useless = manifest.isPresent() && failed.failed(manifest.get().build());
        if (old && (unused || useless) && removeUnchanged(blob)) {
          removed++;
        } else if (manifest.isPresent()) {
          needed.add(manifest.get().snapshot());
          kept++;
        }
      }
      int abandoned = blobs.deleteAbandoned(now.minus(grace));
      Sweep.Swept swept = sweep.end(needed, now.minus(grace));
      return new Swept(removed, abandoned + swept.blobs(), swept.freed(), kept);
    } catch (OtherVersion e) {
      throw new UserError(
          "Did not sweep the cache store " + blobs.url() + ": " + e.getMessage(),
          "A newer program saves there; sweep with that one. Nothing was removed.",
          e);
    } catch (IOException e) {
      throw failure("sweep", e);
    }
  }

  /// Reads every entry to its end.
  ///
  /// @throws UserError when the store can not be listed
  public Verified verify() {
    try {
      Verify verify = new Verify();
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
        flaw(stored.get(), verify).ifPresent(damaged::add);
      }
      return new Verified(checked, damaged);
    } catch (IOException e) {
      throw failure("verify", e);
    }
  }

  private Optional<String> flaw(Stored stored, Verify verify) {
    String of = stored.entry().address() + ": ";
    try {
      Optional<Snapshot> snapshot = Snapshot.open(blobs, stored.manifest().snapshot());
      if (snapshot.isEmpty()) {
        return Optional.of(of + "its snapshot is missing");
      }
      List<String> bad = verify.check(snapshot.get());
      return bad.isEmpty()
          ? Optional.empty()
          : Optional.of(of + bad.size() + " damaged, one is " + bad.getFirst());
    } catch (IOException e) {
      return Optional.of(of + e.getMessage());
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
