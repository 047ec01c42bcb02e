package dev.bakehouse.snapshot;

import dev.bakehouse.snapshot.Root.Pack;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/// Which packs of earlier snapshots a new one takes over. The others are as good as unknown to it:
/// what it needs of them is read from the tree and stored again.
///
/// Not taken over are packs that are missing or cut short, that are mostly dead, and small ones
/// when there are many, both only as far as that stores no more than [#MOST] again.
///
/// @param there those that are taken over
record Repacking(Set<PackId> dropped, List<BlobInfo> there) {
  private static final long MOST = 64 << 20;
  private static final int SMALL = 2 << 20;
  private static final int MANY = 64;

  /// @param packs of the earlier snapshots
  static Repacking of(BlobStore blobs, SequencedMap<PackId, Pack> packs, Workers workers)
      throws IOException {
    Set<PackId> dropped = new HashSet<>();
    List<BlobInfo> there = new ArrayList<>();
    long small = packs.values().stream().filter(p -> p.size() < SMALL).count();
    Iterator<Optional<BlobInfo>> infos =
        workers.map(packs.keySet(), id -> blobs.stat(id.key())).iterator();
    long again = 0;
    for (Map.Entry<PackId, Pack> each : packs.entrySet()) {
      Pack pack = each.getValue();
      Optional<BlobInfo> info = infos.next();
      boolean whole = info.isPresent() && info.get().size() == pack.size();
      boolean poor = pack.live() < pack.size() * 3 / 10 || (small > MANY && pack.size() < SMALL);
      if (whole && !(poor && again + pack.live() <= MOST)) {
        there.add(info.get());
      } else {
        dropped.add(each.getKey());
        again += whole ? pack.live() : 0;
      }
    }
    return new Repacking(dropped, there);
  }

  boolean keeps(PackId pack) {
    return !dropped.contains(pack);
  }
}
