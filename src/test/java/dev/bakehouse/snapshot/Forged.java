package dev.bakehouse.snapshot;

import dev.bakehouse.snapshot.Root.Pack;
import dev.bakehouse.snapshot.Root.Range;
import dev.bakehouse.snapshot.Root.ShardPlace;
import dev.bakehouse.store.DirectoryStore;
import dev.bakehouse.store.Upload;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;

/// Snapshots that no saver makes, with right checksums.
final class Forged {
  private Forged() {}

  static Snapshot snapshot(DirectoryStore store, List<Entry> entries) throws IOException {
    return snapshot(store, ShardWriter.encode(entries));
  }

  static Snapshot snapshot(DirectoryStore store, Shard shard) throws IOException {
    PackId pack = PackId.random();
    int content = shard.content().length;
    int times = shard.times().length;
    publish(store, pack.key(), new Out().raw(shard.content()).raw(shard.times()).bytes());
    LinkedHashMap<PackId, Pack> packs = new LinkedHashMap<>();
    packs.put(pack, new Pack(content + times, content + times));
    ShardPlace place =
        new ShardPlace(new Range(pack, 0, content), new Range(pack, content, times), shard.hash());
    return root(store, new Root(Totals.NONE, packs, List.of(place)).encode());
  }

  static Snapshot root(DirectoryStore store, byte[] root) throws IOException {
    String id = Hash.of(root).toString();
    publish(store, Root.key(id), root);
    return Snapshot.open(store, id).orElseThrow();
  }

  static void publish(DirectoryStore store, String key, byte[] bytes) throws IOException {
    try (Upload upload = store.upload()) {
      upload.stream().write(bytes);
      upload.publish(key);
    }
  }
}
