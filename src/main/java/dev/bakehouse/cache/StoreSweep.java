package dev.bakehouse.cache;

import dev.bakehouse.cache.Janitor.FailedBuilds;
import dev.bakehouse.cache.Manifests.Stored;
import dev.bakehouse.cache.Swept.Gone;
import dev.bakehouse.snapshot.Sweep;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// One sweep of a store: what expired goes, then what is over a budget, then what nothing needs any
/// more. In this order, so that whatever has a name is whole if the sweep ends in the middle.
final class StoreSweep {
  private final BlobStore blobs;
  private final Instant now;

  /// Only what was not used since then goes.
  private final Instant before;

  private final Sweep sweep;
  private final Manifests manifests;

  /// All manifests, also those that are none.
  private final Map<BlobInfo, Optional<Stored>> all = new LinkedHashMap<>();

  private final Set<Stored> kept = new LinkedHashSet<>();
  private final List<Gone> gone = new ArrayList<>();
  private int unreadable;
  private JsonBlobs.Sweep runs = new JsonBlobs.Sweep(0, 0);
  private JsonBlobs.Sweep steps = new JsonBlobs.Sweep(0, 0);
  private long besides;

  /// @throws dev.bakehouse.snapshot.OtherVersion when something is of a version unknown here
  StoreSweep(BlobStore blobs, Instant now, Duration grace) throws IOException {
    this.blobs = blobs;
    this.now = now;
    this.before = now.minus(grace);
    // The packs first: one published after this moment is not looked at.
    this.sweep = Sweep.begin(blobs);
    this.manifests = new Manifests(blobs);
    for (BlobInfo blob : blobs.list(Manifests.ROOT)) {
      Optional<Stored> stored = manifests.read(blob.key());
      if (stored.isPresent()) {
        sweep.insistKnown(stored.get().manifest().snapshot());
      } else {
        manifests.insistKnown(blob);
      }
      all.put(blob, stored);
    }
  }

  /// @param history how long runs are told of
  void expire(Duration retention, Duration history, FailedBuilds failed) throws IOException {
    for (Map.Entry<BlobInfo, Optional<Stored>> each : all.entrySet()) {
      BlobInfo blob = each.getKey();
      Optional<Stored> stored = each.getValue();
      boolean unused = blob.modified().isBefore(now.minus(retention));
      boolean useless = stored.filter(s -> failed.failed(s.manifest().build())).isPresent();
      boolean removed =
          blob.modified().isBefore(before)
              && (unused || useless)
              && manifests.removeUnchanged(blob);
      if (!removed) {
        stored.ifPresent(kept::add);
        besides += stored.isPresent() ? 0 : blob.size();
      } else if (stored.isPresent()) {
        String why = unused ? "not used for " + retention.toDays() + " days" : "its build failed";
        gone.add(new Gone(stored.get().entry(), why));
      } else {
        unreadable++;
      }
    }
    runs = new CacheHistory(blobs).sweep(now.minus(history));
    steps = new PassedSteps(blobs).sweep(now.minus(retention));
    besides += runs.left() + steps.left();
  }

  void fit(Budget budget) throws IOException {
    gone.addAll(new BudgetSweep(budget, sweep, manifests).sweep(kept, besides, before));
  }

  /// Removes what nothing needs.
  Swept end() throws IOException {
    int abandoned = blobs.deleteAbandoned(before);
    Set<String> needed = new HashSet<>();
    kept.forEach(each -> needed.add(each.manifest().snapshot()));
    Sweep.Swept swept = sweep.end(needed, before);
    long names = kept.stream().mapToLong(each -> each.blob().size()).sum();
    long left = swept.left() + names + besides;
    return new Swept(
        gone,
        gone.size() + unreadable,
        abandoned + swept.blobs(),
        runs.gone(),
        steps.gone(),
        swept.freed(),
        kept.size(),
        left,
        swept.waiting());
  }
}
