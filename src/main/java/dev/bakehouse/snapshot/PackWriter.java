package dev.bakehouse.snapshot;

import dev.bakehouse.platform.Threads;
import dev.bakehouse.snapshot.Frame.Encoding;
import dev.bakehouse.snapshot.Root.Range;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.Upload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// Appends to a pack and begins another when it is full. Safe for several threads. What is not
/// complete when it is closed leaves nothing but garbage.
final class PackWriter implements AutoCloseable {
  /// A pack that has so much is full.
  static final long FULL = 24 << 20;

  private static final int AT_ONCE = 4;

  private final BlobStore blobs;
  private final Workers workers;
  private final Map<PackId, Long> sizes = new HashMap<>();
  private final List<Future<?>> publishing = new ArrayList<>();
  private @Nullable Upload upload;
  private PackId id = PackId.random();
  private long size;

  PackWriter(BlobStore blobs, Workers workers) {
    this.blobs = blobs;
    this.workers = workers;
  }

  Frame append(byte[] bytes, int from, int length, int raw, Encoding encoding) throws IOException {
    Range range = append(bytes, from, length);
    return new Frame(range.pack(), range.offset(), length, raw, encoding);
  }

  synchronized Range append(byte[] bytes, int from, int length) throws IOException {
    if (size >= FULL) {
      publish();
    }
    if (upload == null) {
      upload = blobs.upload();
      id = PackId.random();
      size = 0;
    }
    upload.stream().write(bytes, from, length);
    Range range = new Range(id, size, length);
    size += length;
    sizes.merge(id, (long) length, Long::sum);
    return range;
  }

  /// Publishes what is not yet, and waits for all.
  synchronized void finish() throws IOException {
    publish();
    for (Future<?> each : publishing) {
      Threads.get(each);
    }
    publishing.clear();
  }

  /// By pack, in bytes.
  synchronized Map<PackId, Long> sizes() {
    return Map.copyOf(sizes);
  }

  private void publish() throws IOException {
    Upload full = upload;
    if (full != null) {
      String key = id.key();
      upload = null;
      size = 0;
      if (publishing.size() >= AT_ONCE) {
        Threads.get(publishing.removeFirst());
      }
      publishing.add(
          workers.submit(
              () -> {
                try (full) {
                  full.publish(key);
                }
                return null;
              }));
    }
  }

  @Override
  public synchronized void close() throws IOException {
    if (upload != null) {
      upload.close();
      upload = null;
    }
  }
}
