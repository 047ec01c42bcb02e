package dev.bakehouse.snapshot;

import dev.bakehouse.platform.Posix;
import dev.bakehouse.snapshot.PartReader.Sink;
import dev.bakehouse.snapshot.PartReader.Wanted;
import dev.bakehouse.snapshot.Snapshot.Loaded;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Reads snapshots to their end, and what they share only once.
public final class Verify {
  private static final int AT_ONCE = 50_000;

  private final Set<Part> sound = new HashSet<>();

  /// @return one line for each file that is damaged, or one for all
  public List<String> check(Snapshot snapshot) throws IOException {
    List<String> bad = Collections.synchronizedList(new ArrayList<>());
    try (Workers workers = new Workers(snapshot.blobs())) {
      ShardCursor cursor = new ShardCursor(snapshot, workers);
      TreeCheck check = new TreeCheck();
      List<Wanted<String>> wanted = new ArrayList<>();
      for (Loaded shard = cursor.next(); shard != null; shard = cursor.next()) {
        if (shard.shard().isEmpty()) {
          return List.of(shard.why());
        }
        for (Entry entry : shard.entries()) {
          check.add(entry.node());
          for (int i = 0; i < entry.parts().size(); i++) {
            if (!sound.contains(entry.parts().get(i))) {
              wanted.add(new Wanted<>(entry.node().path(), i, entry.parts().get(i)));
            }
          }
        }
        if (wanted.size() > AT_ONCE) {
          read(snapshot, wanted, bad, workers);
        }
      }
      read(snapshot, wanted, bad, workers);
    } catch (Malformed e) {
      return List.of(String.valueOf(e.getMessage()));
    }
    return List.copyOf(bad);
  }

  private void read(
      Snapshot snapshot, List<Wanted<String>> wanted, List<String> bad, Workers workers)
      throws IOException {
    Set<Part> good = Collections.synchronizedSet(sound);
    new PartReader(new PackReader(snapshot.blobs()), workers)
        .read(
            wanted,
            new Sink<String>() {
              @Override
              public void part(Wanted<String> each, MemorySegment bytes) {
                good.add(each.part());
              }

              @Override
              public void lost(Wanted<String> each, String why) {
                bad.add(Posix.shown(each.of()) + ": " + why);
              }
            });
    wanted.clear();
  }
}
