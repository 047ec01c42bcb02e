package dev.bakehouse.snapshot;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// Reads what [Out] wrote and never more than there is.
final class In {
  private final byte[] bytes;
  private int at;

  In(byte[] bytes) {
    this.bytes = bytes;
  }

  long number() throws Malformed {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at == bytes.length) {
        throw new Malformed("it is cut short");
      }
      byte next = bytes[at++];
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new Malformed("a number is too long");
  }

  long signed() throws Malformed {
    long value = number();
    return (value >>> 1) ^ -(value & 1);
  }

  /// A number that must be within bounds, before anything is made of that size.
  int number(int from, int to) throws Malformed {
    return (int) number(from, (long) to);
  }

  long number(long from, long to) throws Malformed {
    long value = number();
    if (value < from || value > to) {
      throw new Malformed("a number is " + value + ", outside " + from + " to " + to);
    }
    return value;
  }

  byte[] raw(int length) throws Malformed {
    if (length < 0 || length > bytes.length - at) {
      throw new Malformed("it is cut short");
    }
    byte[] part = new byte[length];
    System.arraycopy(bytes, at, part, 0, length);
    at += length;
    return part;
  }

  String string(int length) throws Malformed {
    if (length < 0 || length > bytes.length - at) {
      throw new Malformed("it is cut short");
    }
    String text = new String(bytes, at, length, StandardCharsets.ISO_8859_1);
    at += length;
    return text;
  }

  Hash hash() throws Malformed {
    return Hash.of(ByteBuffer.wrap(raw(Hash.BYTES)));
  }

  PackId pack() throws Malformed {
    ByteBuffer id = ByteBuffer.wrap(raw(PackId.BYTES));
    return new PackId(id.getLong(), id.getLong());
  }

  int left() {
    return bytes.length - at;
  }

  void end() throws Malformed {
    if (at != bytes.length) {
      throw new Malformed("something follows its end");
    }
  }
}
