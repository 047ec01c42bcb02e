package dev.bakehouse.oci;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;

/// Writes Apple's COMPRESSION_LZ4 frame in blocks of 64 KiB that do not refer to each other: a
/// reader that keeps history reads them just as well. Form: `bv41`, raw size, encoded size, LZ4
/// block; `bv4-`, size, stored bytes; `bv4$` at the end; sizes 32 bits, little-endian.
final class AppleLz4Writer {
  static final int BLOCK = 1 << 16;
  static final int COMPRESSED = magic("bv41");
  static final int STORED = magic("bv4-");
  static final int END = magic("bv4$");

  private static final LZ4Compressor LZ4 = compressor();
  private static final byte[] ZERO = new byte[BLOCK];

  private final OutputStream out;
  private final byte[] encoded = new byte[LZ4.maxCompressedLength(BLOCK)];
  private byte[] zeroBlock = new byte[0];

  AppleLz4Writer(OutputStream out) {
    this.out = out;
  }

  void write(byte[] bytes, int offset, int length) throws IOException {
    for (int at = offset; at < offset + length; at += BLOCK) {
      block(bytes, at, Math.min(BLOCK, offset + length - at));
    }
  }

  void finish() throws IOException {
    out.write(words(END));
  }

  static boolean isZero(byte[] bytes, int offset, int length) {
    for (int at = offset; at < offset + length; at += BLOCK) {
      int n = Math.min(BLOCK, offset + length - at);
      if (!Arrays.equals(bytes, at, at + n, ZERO, 0, n)) {
        return false;
      }
    }
    return true;
  }

  private void block(byte[] bytes, int offset, int length) throws IOException {
    boolean zero = length == BLOCK && isZero(bytes, offset, length);
    if (zero && zeroBlock.length > 0) {
      out.write(zeroBlock);
      return;
    }
    int size = LZ4.compress(bytes, offset, length, encoded, 0, encoded.length);
    if (size >= length) {
      out.write(words(STORED, length));
      out.write(bytes, offset, length);
      return;
    }
    byte[] head = words(COMPRESSED, length, size);
    out.write(head);
    out.write(encoded, 0, size);
    if (zero) {
      zeroBlock = Arrays.copyOf(head, head.length + size);
      System.arraycopy(encoded, 0, zeroBlock, head.length, size);
    }
  }

  private static byte[] words(int... words) {
    ByteBuffer buffer = ByteBuffer.allocate(4 * words.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int word : words) {
      buffer.putInt(word);
    }
    return buffer.array();
  }

  private static int magic(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII))
        .order(ByteOrder.LITTLE_ENDIAN)
        .getInt();
  }

  private static LZ4Compressor compressor() {
    try {
      return LZ4Factory.nativeInstance().fastCompressor();
    } catch (LinkageError e) {
      return LZ4Factory.safeInstance().fastCompressor();
    }
  }
}
