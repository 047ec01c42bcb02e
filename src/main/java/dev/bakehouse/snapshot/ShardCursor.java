package dev.bakehouse.snapshot;

import dev.bakehouse.platform.Threads;
import dev.bakehouse.snapshot.Snapshot.Loaded;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// A snapshot's nodes in their order; shards are read and decoded by the workers ahead of it.
final class ShardCursor {
  private static final int TOGETHER = 32;
  private static final int AHEAD = Workers.COUNT + 1;

  private final Snapshot snapshot;
  private final Workers workers;
  private final Deque<Future<List<Loaded>>> coming = new ArrayDeque<>();
  private final Deque<Loaded> ready = new ArrayDeque<>();
  private final List<String> damage = new ArrayList<>();
  private int asked;
  private @Nullable Loaded shard;
  private int position;

  ShardCursor(Snapshot snapshot, Workers workers) {
    this.snapshot = snapshot;
    this.workers = workers;
  }

  /// The next node of a shard that can be read; null after the last.
  @Nullable Entry peek() throws IOException {
    while (shard == null || position == shard.entries().size()) {
      if (!nextShard()) {
        return null;
      }
    }
    return shard.entries().get(position);
  }

  void take() {
    position++;
  }

  /// The shard that [#peek] is of.
  @Nullable Loaded shard() {
    return shard;
  }

  /// Goes forward to a path.
  ///
  /// @return its node, or null
  @Nullable Entry seek(String path) throws IOException {
    for (Entry next = peek(); next != null; next = peek()) {
      int order = next.node().path().compareTo(path);
      if (order >= 0) {
        return order == 0 ? next : null;
      }
      take();
    }
    return null;
  }

  /// Why shards on the way here could not be read, each told once.
  List<String> damage() {
    List<String> told = List.copyOf(damage);
    damage.clear();
    return told;
  }

  /// The next shard whole, also one that could not be read; null after the last.
  @Nullable Loaded next() throws IOException {
    return nextShard() ? shard : null;
  }

  private boolean nextShard() throws IOException {
    int count = snapshot.root().shards().size();
    while (coming.size() < AHEAD && asked < count) {
      int from = asked;
      int to = Math.min(count, from + TOGETHER);
      asked = to;
      coming.add(workers.submit(() -> snapshot.load(from, to)));
    }
    if (ready.isEmpty()) {
      Future<List<Loaded>> first = coming.poll();
      if (first == null) {
        shard = null;
        return false;
      }
      ready.addAll(Threads.get(first));
    }
    shard = ready.poll();
    position = 0;
    if (shard != null && shard.shard().isEmpty()) {
      damage.add(shard.why());
    }
    return shard != null;
  }
}
