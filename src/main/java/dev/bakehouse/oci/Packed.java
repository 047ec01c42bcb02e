package dev.bakehouse.oci;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Numbers in bytes: seven bits a byte, the low ones first, the high bit set on all but the last
/// (LEB128); and words of 64 bits, little-endian.
final class Packed {
  private Packed() {}

  static ByteBuffer reader(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  static void number(ByteArrayOutputStream out, long value) {
    long rest = value;
    while (rest > 127) {
      out.write((int) (rest & 127) | 128);
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  static void word(ByteArrayOutputStream out, long value) {
    out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }

  /// @throws BufferUnderflowException when the bytes end in it
  /// @throws IllegalArgumentException when it is more than `most`
  static long number(ByteBuffer in, long most) {
    long value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      int next = in.get();
      value |= (long) (next & 127) << shift;
      if (next >= 0) {
        if (value > most) {
          break;
        }
        return value;
      }
    }
    throw new IllegalArgumentException("a number beyond " + most);
  }
}
