package dev.bakehouse.oci;

import java.util.Arrays;
import net.jpountz.xxhash.XXHash64;
import net.jpountz.xxhash.XXHashFactory;

/// Tells the 64 KiB blocks of a slice by XXH64 (seed 0) as its bytes go by in pieces of any size.
/// The hash finds blocks; that they are right is told by the slice's SHA-256 alone.
final class Blocks {
  static final int SIZE = AppleLz4Writer.BLOCK;

  private static final XXHash64 XXH64 = XXHashFactory.fastestInstance().hash64();

  /// The hash of a whole block of zeros.
  static final long ZERO = XXH64.hash(new byte[SIZE], 0, SIZE, 0);

  private final byte[] partial = new byte[SIZE];
  private final long[] hashes;
  private int filled;
  private int count;

  /// @param size of the slice
  Blocks(long size) {
    this.hashes = new long[count(size)];
  }

  /// How many blocks a slice of a size has; the last may be shorter.
  static int count(long size) {
    return Math.toIntExact((size + SIZE - 1) / SIZE);
  }

  static long hash(byte[] bytes, int offset, int length) {
    return length == SIZE && AppleLz4Writer.isZero(bytes, offset, length)
        ? ZERO
        : XXH64.hash(bytes, offset, length, 0);
  }

  void update(byte[] bytes, int offset, int length) {
    int at = offset;
    int end = offset + length;
    while (at < end) {
      if (filled == 0 && end - at >= SIZE) {
        hashes[count++] = hash(bytes, at, SIZE);
        at += SIZE;
      } else {
        int n = Math.min(SIZE - filled, end - at);
        System.arraycopy(bytes, at, partial, filled, n);
        filled += n;
        at += n;
        if (filled == SIZE) {
          flush();
        }
      }
    }
  }

  /// @return one hash a block, for as many as there were bytes
  long[] finish() {
    if (filled > 0) {
      flush();
    }
    return count == hashes.length ? hashes : Arrays.copyOf(hashes, count);
  }

  private void flush() {
    hashes[count++] = hash(partial, 0, filled);
    filled = 0;
  }
}
