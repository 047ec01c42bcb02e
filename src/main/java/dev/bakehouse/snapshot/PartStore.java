package dev.bakehouse.snapshot;

import dev.bakehouse.snapshot.FrameBuilder.Slot;
import dev.bakehouse.snapshot.Node.File;
import dev.bakehouse.snapshot.Snapshot.Loaded;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Cuts contents into parts and stores those whose hash is not known. Safe for several threads.
final class PartStore {
  /// Every entry of ccache starts with these (`src/ccache/core/cacheentry.hpp`).
  private static final int CCACHE = 0xccac;

  /// So many parts are known, so that memory has a bound: what is beyond is stored again where it
  /// comes twice.
  private static final int MOST_KNOWN = 1 << 19;

  private static final byte[] ZEROS = new byte[Part.LARGEST];
  private static final AtomicReference<@Nullable Hash> HOLE = new AtomicReference<>();

  private final Draft draft;
  private final List<Snapshot> earlier;
  private final Workers workers;
  private final Map<Hash, Slot> known = new ConcurrentHashMap<>();
  private final Queue<FrameBuilder> builders = new ConcurrentLinkedQueue<>();
  private final ThreadLocal<byte[]> buffers = ThreadLocal.withInitial(() -> new byte[Part.LARGEST]);
  private ThreadLocal<FrameBuilder> own = fresh();
  private boolean prepared;

  /// @param earlier snapshots whose contents are not stored again, the nearest last
  PartStore(Draft draft, List<Snapshot> earlier, Workers workers) {
    this.draft = draft;
    this.earlier = earlier;
    this.workers = workers;
  }

  private ThreadLocal<FrameBuilder> fresh() {
    return ThreadLocal.withInitial(
        () -> {
          FrameBuilder builder = new FrameBuilder(draft.data());
          builders.add(builder);
          return builder;
        });
  }

  /// Learns what is stored, when there is the first file to read.
  void prepare() throws IOException {
    if (!prepared) {
      prepared = true;
      for (Snapshot snapshot : earlier.reversed()) {
        learn(snapshot);
      }
    }
  }

  private void learn(Snapshot snapshot) throws IOException {
    ShardCursor cursor = new ShardCursor(snapshot, workers);
    for (Loaded shard = cursor.next(); shard != null; shard = cursor.next()) {
      for (Entry entry : shard.entries()) {
        for (Part part : entry.parts()) {
          if (draft.keeps(part) && known.size() < MOST_KNOWN) {
            known.putIfAbsent(part.hash(), new Slot(part.hash(), part));
          }
        }
      }
    }
  }

  /// A file's parts, complete after [#flush].
  record Content(File file, List<Slot> slots, byte[] tail) {
    Entry entry() {
      return new Entry(file, slots.stream().map(Slot::part).toList(), tail);
    }
  }

  Content store(File file, InputStream in) throws IOException {
    byte[] buffer = buffers.get();
    List<Slot> slots = new ArrayList<>(1);
    byte[] tail = Entry.NO_TAIL;
    long size = 0;
    boolean ccache = false;
    for (int count = in.readNBytes(buffer, 0, buffer.length);
        count > 0;
        count = in.readNBytes(buffer, 0, buffer.length)) {
      if (size == 0) {
        ccache = count > 2 * Entry.TAIL && magic(buffer);
      }
      size += count;
      slots.add(part(buffer, count, ccache));
      boolean whole = ccache && count >= Entry.TAIL;
      tail = whole ? Arrays.copyOfRange(buffer, count - Entry.TAIL, count) : Entry.NO_TAIL;
      if (count < buffer.length) {
        break;
      }
    }
    File read = new File(file.path(), file.mode(), file.mtime(), size, file.ctime(), file.inode());
    return new Content(read, slots, tail);
  }

  /// Of a part of a hole: large sparse files have many.
  private static Hash hole() {
    Hash known = HOLE.get();
    if (known == null) {
      known = Hash.of(ZEROS);
      HOLE.set(known);
    }
    return known;
  }

  private static boolean magic(byte[] buffer) {
    return (((buffer[0] & 0xff) << 8) | (buffer[1] & 0xff)) == CCACHE;
  }

  private Slot part(byte[] bytes, int length, boolean compressed) throws IOException {
    boolean zeros = length == Part.LARGEST && Arrays.equals(bytes, ZEROS);
    Hash hash = zeros ? hole() : Hash.of(bytes, 0, length);
    Slot fresh = new Slot(hash, null);
    Slot there = known.size() < MOST_KNOWN ? known.putIfAbsent(hash, fresh) : known.get(hash);
    if (there != null) {
      return there;
    }
    own.get().add(fresh, bytes, length, compressed);
    return fresh;
  }

  /// Writes what waits to be gathered with others. No other call may be running.
  void flush() throws IOException {
    for (FrameBuilder each : builders) {
      each.flush();
    }
    builders.clear();
    own = fresh();
  }
}
