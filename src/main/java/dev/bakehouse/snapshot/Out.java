package dev.bakehouse.snapshot;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// Writes numbers of any length: seven bits a byte, the lowest first, the eighth bit says that more
/// follow.
final class Out {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 12);

  Out number(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    bytes.write((int) rest);
    return this;
  }

  /// Zigzag: small numbers of either sign are short.
  Out signed(long value) {
    return number((value << 1) ^ (value >> 63));
  }

  Out raw(byte[] more) {
    bytes.writeBytes(more);
    return this;
  }

  /// A byte string without its length.
  Out string(String text) {
    return raw(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }
}
