package dev.bakehouse.oci;

import dev.bakehouse.oci.AppleLz4Reader.BadFrame;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/// Decodes single blocks of a frame whose blocks do not refer to each other.
final class BlockReader {
  private final byte[] frame = new byte[Blocks.SIZE + 12];
  private final byte[] raw = new byte[Blocks.SIZE];

  /// Reads the next frame of the blob.
  ///
  /// @param frameLength with its head
  /// @param rawLength at most 64 KiB
  /// @return the block; its bytes are valid until the next call
  byte[] next(InputStream in, int frameLength, int rawLength) throws IOException {
    if (in.readNBytes(frame, 0, frameLength) < frameLength) {
      throw new BadFrame("a range of it stops early");
    }
    ByteBuffer head = Packed.reader(frame);
    int magic = head.getInt();
    int length = head.getInt();
    boolean stored = magic == AppleLz4Writer.STORED;
    int body = stored ? 8 : 12;
    if (length != rawLength
        || (stored ? frameLength != body + rawLength : magic != AppleLz4Writer.COMPRESSED)
        || (!stored && (frameLength < body || head.getInt() != frameLength - body))) {
      throw new BadFrame("a block is not where the chunk index says");
    }
    if (stored) {
      System.arraycopy(frame, body, raw, 0, rawLength);
      return raw;
    }
    System.arraycopy(frame, body, frame, 0, frameLength - body);
    int end = Lz4Block.decode(frame, frameLength - body, raw, 0, rawLength);
    if (end != rawLength) {
      throw new BadFrame("a block of " + rawLength + " bytes decoded to " + end);
    }
    return raw;
  }
}
