package dev.bakehouse.snapshot;

import dev.bakehouse.store.BlobStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.Optional;

/// Reads ranges of packs. Safe for several threads.
final class PackReader {
  private final BlobStore blobs;

  PackReader(BlobStore blobs) {
    this.blobs = blobs;
  }

  /// @return how many bytes there were; fewer when the pack ends before, -1 when it is missing
  int read(PackId pack, long offset, byte[] to, int length) throws IOException {
    Optional<SeekableByteChannel> open = blobs.open(pack.key());
    if (open.isEmpty()) {
      return -1;
    }
    try (SeekableByteChannel channel = open.get()) {
      ByteBuffer buffer = ByteBuffer.wrap(to, 0, length);
      channel.position(offset);
      while (buffer.hasRemaining() && channel.read(buffer) >= 0) {}
      return buffer.position();
    }
  }
}
