package dev.bakehouse.snapshot;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;

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
    return java.util.Arrays.copyOf(buffer, count);
  }

  /// @param to filled from its start by exactly `length` bytes
  /// @throws Malformed when it is damaged or holds another number of bytes
  static void decompress(byte[] from, int at, int stored, byte[] to, int length) throws Malformed {
    try {
      int count = DECOMPRESS.get().decompressByteArray(to, 0, length, from, at, stored);
      if (count != length) {
        throw new Malformed("compressed data has " + count + " bytes, not " + length);
      }
    } catch (ZstdException e) {
      throw new Malformed("compressed data is damaged: " + e.getMessage());
    }
  }
}
