package dev.bakehouse.snapshot;

import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.OtherBytes;
import java.io.IOException;
import java.nio.ByteBuffer;

/// Reads ranges of packs. Safe for several threads.
final class PackReader {
  private final BlobStore blobs;

  PackReader(BlobStore blobs) {
    this.blobs = blobs;
  }

  /// @param to filled as far as it has room
  /// @return how many bytes there were; fewer when the pack ends before, -1 when it is missing
  /// @throws Malformed when the store knows that they are not those that were saved
  /// @throws IOException when the pack can not be read, which says nothing of what lies there
  int read(PackId pack, long offset, ByteBuffer to) throws IOException {
    try {
      return blobs.read(pack.key(), offset, to) ? to.position() : -1;
    } catch (OtherBytes e) {
      throw new Malformed(changed(pack));
    } catch (IOException e) {
      throw new IOException(pack.key() + " can not be read: " + e.getMessage(), e);
    }
  }

  static String changed(PackId pack) {
    return pack.key() + " has other bytes than were saved";
  }
}
