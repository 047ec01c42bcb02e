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

  /// @param to filled as far as it has room
  /// @return how many bytes there were; fewer when the pack ends before, -1 when it is missing
  int read(PackId pack, long offset, ByteBuffer to) throws IOException {
    Optional<SeekableByteChannel> open = blobs.open(pack.key());
    if (open.isEmpty()) {
      return -1;
    }
    try (SeekableByteChannel channel = open.get()) {
      channel.position(offset);
      while (to.hasRemaining() && channel.read(to) >= 0) {}
      return to.position();
    }
  }
}
