package dev.bakehouse.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;

/// A blob with its bytes.
public record WholeBlob(BlobInfo info, byte[] bytes) {
  /// @param from is closed
  public static WholeBlob of(BlobInfo info, SeekableByteChannel from, int most) throws IOException {
    try (InputStream in = Channels.newInputStream(from)) {
      return new WholeBlob(info, in.readNBytes(most));
    }
  }
}
