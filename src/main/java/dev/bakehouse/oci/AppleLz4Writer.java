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

  private static final int HEAD = 12;
  private static final int STORED_HEAD = 8;
  private static final LZ4Compressor LZ4 = compressor();
  private static final byte[] ZERO = new byte[BLOCK];
  private static final byte[] ZERO_FRAME = zeroFrame();

  /// The largest a block's frame gets while it is made.
  static final int LARGEST_FRAME = HEAD + LZ4.maxCompressedLength(BLOCK);

  private final OutputStream out;
  private final byte[] frame = new byte[LARGEST_FRAME];

  AppleLz4Writer(OutputStream out) {
    this.out = out;
  }

  void write(byte[] bytes, int offset, int length) throws IOException {
    for (int at = offset; at < offset + length; at += BLOCK) {
      out.write(frame, 0, frame(bytes, at, Math.min(BLOCK, offset + length - at), frame, 0));
    }
  }

  void finish() throws IOException {
    out.write(end());
  }

  static byte[] end() {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(END).array();
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

  /// Encodes one block.
  ///
  /// @param length at most 64 KiB
  /// @param out has room for [#LARGEST_FRAME] bytes from `at` on
  /// @return bytes of its frame
  static int frame(byte[] bytes, int offset, int length, byte[] out, int at) {
    if (length == BLOCK && isZero(bytes, offset, length)) {
      System.arraycopy(ZERO_FRAME, 0, out, at, ZERO_FRAME.length);
      return ZERO_FRAME.length;
    }
    return encode(bytes, offset, length, out, at);
  }

  private static int encode(byte[] bytes, int offset, int length, byte[] out, int at) {
    int size = LZ4.compress(bytes, offset, length, out, at + HEAD, LARGEST_FRAME - HEAD);
    ByteBuffer head = ByteBuffer.wrap(out, at, HEAD).order(ByteOrder.LITTLE_ENDIAN);
    if (size >= length) {
      head.putInt(STORED).putInt(length);
      System.arraycopy(bytes, offset, out, at + STORED_HEAD, length);
      return STORED_HEAD + length;
    }
    head.putInt(COMPRESSED).putInt(length).putInt(size);
    return HEAD + size;
  }

  private static byte[] zeroFrame() {
    byte[] out = new byte[HEAD + LZ4.maxCompressedLength(BLOCK)];
    int size = LZ4.compress(ZERO, 0, BLOCK, out, HEAD, out.length - HEAD);
    ByteBuffer.wrap(out)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(COMPRESSED)
        .putInt(BLOCK)
        .putInt(size);
    return Arrays.copyOf(out, HEAD + size);
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
