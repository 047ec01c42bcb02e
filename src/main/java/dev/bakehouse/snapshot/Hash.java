package dev.bakehouse.snapshot;

import dev.bakehouse.platform.Sha256;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/// A SHA-256.
record Hash(long a, long b, long c, long d) {
  /// The only value of the algorithm's byte so far.
  static final byte ALGORITHM = 1;

  static final int BYTES = Sha256.BYTES;

  /// Of pieces one after the other.
  static Hash of(MemorySegment... pieces) {
    return of(ByteBuffer.wrap(Sha256.of(pieces)));
  }

  static Hash of(byte[] bytes, int from, int length) {
    return of(MemorySegment.ofArray(bytes).asSlice(from, length));
  }

  static Hash of(byte[] bytes) {
    return of(MemorySegment.ofArray(bytes));
  }

  /// Of one after the other.
  static Hash of(byte[] first, byte[] second) {
    return of(MemorySegment.ofArray(first), MemorySegment.ofArray(second));
  }

  static Hash of(ByteBuffer from) {
    return new Hash(from.getLong(), from.getLong(), from.getLong(), from.getLong());
  }

  byte[] bytes() {
    return ByteBuffer.allocate(BYTES).putLong(a).putLong(b).putLong(c).putLong(d).array();
  }

  @Override
  public int hashCode() {
    return (int) a;
  }

  /// Hexadecimal.
  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes());
  }
}
