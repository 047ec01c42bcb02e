package dev.bakehouse.snapshot;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.util.Arrays;

/// Zstandard with what each thread keeps for it. Level 1: the store is for speed.
final class Zstd {
  private static final int LEVEL = 1;
  private static final ThreadLocal<ZstdCompressCtx> COMPRESS =
      ThreadLocal.withInitial(() -> new ZstdCompressCtx().setLevel(LEVEL));
  private static final ThreadLocal<ZstdDecompressCtx> DECOMPRESS =
      ThreadLocal.withInitial(ZstdDecompressCtx::new);

  private Zstd() {}

  static byte[] compress(byte[] bytes, int from, int length) {
    byte[] buffer = new byte[(int) com.github.luben.zstd.Zstd.compressBound(length)];
    int count = COMPRESS.get().compressByteArray(buffer, 0, buffer.length, bytes, from, length);
    return Arrays.copyOf(buffer, count);
  }

  /// @param to filled
  /// @throws Malformed when it is damaged or holds another number of bytes
  static void decompress(byte[] from, byte[] to) throws Malformed {
    try {
      check(DECOMPRESS.get().decompress(to, from), to.length);
    } catch (ZstdException e) {
      throw damaged(e);
    }
  }

  /// The same outside the heap: `length` bytes from the start of `to`.
  static void decompress(OffHeap from, int at, int stored, OffHeap to, int length)
      throws Malformed {
    try {
      check(
          DECOMPRESS
              .get()
              .decompressDirectByteBuffer(to.buffer(), 0, length, from.buffer(), at, stored),
          length);
    } catch (ZstdException e) {
      throw damaged(e);
    }
  }

  private static void check(int count, int length) throws Malformed {
    if (count != length) {
      throw new Malformed("compressed data has " + count + " bytes, not " + length);
    }
  }

  private static Malformed damaged(ZstdException e) {
    return new Malformed("compressed data is damaged: " + e.getMessage());
  }
}
