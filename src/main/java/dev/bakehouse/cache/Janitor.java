package dev.bakehouse.cache;

import dev.bakehouse.cache.Manifests.Stored;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.OtherVersion;
import dev.bakehouse.snapshot.Snapshot;
import dev.bakehouse.snapshot.Verify;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Looks after a store of caches, beside jobs that save and restore.
///
/// A save publishes its packs and snapshot some moments before the manifest that names it, and
/// touches the packs it takes over; a restore touches its manifest first. So what is younger than
/// the grace is never removed.
public final class Janitor {
  /// Longer than any save takes, and than a failed build waits for its retry.
  public static final Duration GRACE = Duration.ofHours(24);

  /// Clocks of hosts that are looked after differ by less.
  private static final Duration APART = Duration.ofHours(1);

  /// The history outlives the caches it tells of.
  private static final int HISTORY = 3;

  /// Which builds failed; `false` also for builds nobody knows.
  @FunctionalInterface
  public interface FailedBuilds {
    FailedBuilds UNKNOWN = build -> false;

    boolean failed(String build);
  }

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
  /// @param grace how long nothing goes after its last use
  /// @param budget what the store may take up; the least recently used entries go
  /// @throws UserError when the store can not be read or written; when something in it is of a
  ///   version this program does not know, and then nothing is removed; when there is a budget and
  ///   the store alone decides what goes
  public Swept sweep(
      Duration retention, Duration grace, Optional<Budget> budget, FailedBuilds failed) {
    if (budget.isPresent() && !blobs.deletes()) {
      throw new UserError(
          "A size budget does not apply to the cache store "
              + blobs.url()
              + ": nothing can be removed there, artifacts go when Buildkite lets them expire",
          "Leave the budget out, or name another store: dir:PATH or s3://BUCKET/PREFIX.");
    }
    try {
      insistOnTheTime();
      StoreSweep sweep = new StoreSweep(blobs, clock.instant(), grace);
      sweep.expire(retention, retention.multipliedBy(HISTORY), failed);
      if (budget.isPresent()) {
        sweep.fit(budget.get());
      }
      return sweep.end();
    } catch (OtherVersion e) {
      throw new UserError(
          "Did not sweep the cache store " + blobs.url() + ": " + e.getMessage(),
          "A newer program saves there; sweep with that one. Nothing was removed.",
          e);
    } catch (IOException e) {
      throw StoreFailure.of("sweep", blobs, e);
    }
  }

  /// A host whose clock is ahead would take what is being saved for old.
  private void insistOnTheTime() throws IOException {
    Optional<Instant> there = blobs.now();
    Duration apart = there.map(t -> Duration.between(t, Instant.now()).abs()).orElse(Duration.ZERO);
    if (apart.compareTo(APART) > 0) {
      throw new UserError(
          "The clock of this host and that of the cache store "
              + blobs.url()
              + " are "
              + apart.toMinutes()
              + " minutes apart: it can not be told what is old there. Nothing was removed",
          "Set the clocks (NTP), and sweep again.");
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
        Optional<Stored> stored = manifests.read(blob.key());
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
      throw StoreFailure.of("verify", blobs, e);
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
}
