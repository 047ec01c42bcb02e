package dev.bakehouse.snapshot;

import dev.bakehouse.platform.Threads;
import dev.bakehouse.snapshot.Root.Pack;
import dev.bakehouse.snapshot.Root.Range;
import dev.bakehouse.snapshot.Root.ShardPlace;
import dev.bakehouse.snapshot.Saver.Item;
import dev.bakehouse.snapshot.Snapshot.Loaded;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.Upload;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.Future;

/// A snapshot that is stored and not yet published.
public final class Draft implements AutoCloseable {
  /// A pack that is taken over is touched when it was not for so long: it must not seem old to a
  /// sweep.
  private static final Duration FRESH = Duration.ofHours(6);

  private final BlobStore blobs;
  private final Workers workers;
  private final PackWriter data;
  private final PackWriter lists;
  private final SequencedMap<PackId, Pack> stored = new LinkedHashMap<>();
  private final Repacking repacking;
  private final List<ShardPlace> shards = new ArrayList<>();
  private final Map<PackId, Long> live = new HashMap<>();
  private Totals totals = Totals.NONE;

  /// @param earlier snapshots whose contents are not stored again, the nearest last
  Draft(BlobStore blobs, List<Snapshot> earlier, Workers workers) throws IOException {
    this.blobs = blobs;
    this.workers = workers;
    this.data = new PackWriter(blobs, workers);
    this.lists = new PackWriter(blobs, workers);
    earlier.forEach(snapshot -> stored.putAll(snapshot.root().packs()));
    this.repacking = Repacking.of(blobs, stored, workers);
    refresh();
  }

  public Totals totals() {
    return totals;
  }

  PackWriter data() {
    return data;
  }

  boolean keeps(Part part) {
    return repacking.keeps(part.frame().pack());
  }

  boolean keeps(Entry entry) {
    return entry.parts().stream().allMatch(this::keeps);
  }

  /// Makes shards of nodes in their order.
  ///
  /// @param last whether none follow
  /// @return those whose shard is not complete
  List<Item> shards(List<Item> items, boolean last) throws IOException {
    List<Future<ShardPlaceOrNew>> made = new ArrayList<>();
    int start = 0;
    int pathBytes = 0;
    for (int i = 0; i < items.size(); i++) {
      String path = items.get(i).node().path();
      pathBytes += path.length();
      boolean full = i + 1 - start == Shard.MOST_NODES || pathBytes > Shard.MOST_PATH_BYTES;
      if (full || Shard.endsAfter(path) || (last && i + 1 == items.size())) {
        List<Item> shard = items.subList(start, i + 1);
        made.add(workers.submit(() -> make(shard)));
        start = i + 1;
        pathBytes = 0;
      }
    }
    int at = 0;
    for (Future<ShardPlaceOrNew> each : made) {
      ShardPlaceOrNew shard = Threads.get(each);
      shards.add(place(shard));
      for (int i = 0; i < shard.count(); i++) {
        count(items.get(at++).entry());
      }
    }
    return new ArrayList<>(items.subList(start, items.size()));
  }

  /// What is written anew of a shard, and what is taken over.
  private record ShardPlaceOrNew(
      int count, Optional<ShardPlace> before, Optional<Shard> fresh, boolean contentToo) {}

  private ShardPlaceOrNew make(List<Item> items) {
    List<Entry> entries = items.stream().map(Item::entry).toList();
    Optional<Loaded> same = sameContent(items);
    if (same.isEmpty()) {
      return new ShardPlaceOrNew(
          items.size(), Optional.empty(), Optional.of(ShardWriter.encode(entries)), true);
    }
    Loaded before = same.get();
    boolean sameTimes = repacking.keeps(before.place().times().pack());
    for (int i = 0; sameTimes && i < items.size(); i++) {
      sameTimes = Shard.mtime(entries.get(i).node()) == Shard.mtime(before.entries().get(i).node());
    }
    if (sameTimes || before.shard().isEmpty()) {
      return new ShardPlaceOrNew(
          items.size(), Optional.of(before.place()), Optional.empty(), false);
    }
    Shard fresh = new Shard(before.shard().get().content(), ShardWriter.times(entries));
    return new ShardPlaceOrNew(
        items.size(), Optional.of(before.place()), Optional.of(fresh), false);
  }

  /// The parent's shard, when it differs from these nodes in times only.
  private Optional<Loaded> sameContent(List<Item> items) {
    Loaded shard = items.getFirst().shard();
    if (shard == null
        || shard.entries().size() != items.size()
        || !repacking.keeps(shard.place().content().pack())) {
      return Optional.empty();
    }
    for (int i = 0; i < items.size(); i++) {
      Item item = items.get(i);
      Entry before = item.before();
      Loaded its = item.shard();
      boolean same = its != null && its.place().equals(shard.place());
      if (!same || before == null || !alike(before, item.entry())) {
        return Optional.empty();
      }
    }
    return Optional.of(shard);
  }

  private static boolean alike(Entry a, Entry b) {
    boolean node =
        switch (a.node()) {
          case Node.Dir x -> b.node() instanceof Node.Dir y && x.mode() == y.mode();
          case Node.File x ->
              b.node() instanceof Node.File y && x.mode() == y.mode() && x.size() == y.size();
          case Node.Symlink x ->
              b.node() instanceof Node.Symlink y && x.target().equals(y.target());
          case Node.Hardlink x -> b.node() instanceof Node.Hardlink y && x.of().equals(y.of());
        };
    return node && a.parts().equals(b.parts());
  }

  private ShardPlace place(ShardPlaceOrNew shard) throws IOException {
    ShardPlace place;
    if (shard.fresh().isEmpty()) {
      place = shard.before().orElseThrow();
    } else {
      Shard fresh = shard.fresh().get();
      Range content =
          shard.contentToo()
              ? lists.append(fresh.content(), 0, fresh.content().length)
              : shard.before().orElseThrow().content();
      Range times = lists.append(fresh.times(), 0, fresh.times().length);
      place = new ShardPlace(content, times, fresh.hash());
    }
    live.merge(place.content().pack(), (long) place.content().length(), Long::sum);
    live.merge(place.times().pack(), (long) place.times().length(), Long::sum);
    return place;
  }

  private void count(Entry entry) {
    totals = totals.plus(entry.node());
    for (Part part : entry.parts()) {
      live.merge(part.frame().pack(), part.stored(), Long::sum);
    }
  }

  /// What became of a save.
  ///
  /// @param added bytes the store took in
  /// @param reused bytes of it that were there
  public record Published(String id, long added, long reused) {}

  /// Makes everything durable, and the snapshot visible to those who know its id.
  public Published publish() throws IOException {
    data.finish();
    lists.finish();
    Map<PackId, Long> fresh = new HashMap<>(data.sizes());
    fresh.putAll(lists.sizes());
    SequencedMap<PackId, Pack> packs = new LinkedHashMap<>();
    stored.forEach(
        (id, pack) -> {
          if (live.containsKey(id)) {
            packs.put(id, new Pack(pack.size(), live.getOrDefault(id, 0L)));
          }
        });
    long before = packs.values().stream().mapToLong(Pack::live).sum();
    fresh.forEach((id, size) -> packs.put(id, new Pack(size, live.getOrDefault(id, 0L))));
    byte[] root = new Root(totals, packs, shards).encode();
    String id = Hash.of(root).toString();
    long added = fresh.values().stream().mapToLong(Long::longValue).sum();
    boolean there = blobs.stat(Root.key(id)).isPresent();
    if (there) {
      blobs.touch(Root.key(id));
    } else {
      added += root.length;
      try (Upload upload = blobs.upload()) {
        upload.stream().write(root);
        upload.publish(Root.key(id));
      }
    }
    List<String> old = new ArrayList<>(repacking.there().stream().map(BlobInfo::key).toList());
    if (there) {
      old.add(Root.key(id));
    }
    gone(old);
    return new Published(id, added, before);
  }

  private void refresh() throws IOException {
    Instant old = Instant.now().minus(FRESH);
    List<BlobInfo> stale =
        repacking.there().stream().filter(pack -> pack.modified().isBefore(old)).toList();
    workers.map(
        stale,
        pack -> {
          blobs.touch(pack.key());
          return pack;
        });
  }

  /// A sweep that began before this save may still have taken what was touched too late.
  private void gone(List<String> keys) throws IOException {
    workers.map(
        keys,
        key ->
            blobs
                .stat(key)
                .orElseThrow(() -> new IOException(key + " was removed while it was taken over")));
  }

  @Override
  public void close() throws IOException {
    try (data;
        lists) {
      workers.close();
    }
  }
}
