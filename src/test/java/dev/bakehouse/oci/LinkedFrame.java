package dev.bakehouse.oci;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/// A plain encoder that, like Apple's, lets matches reach back into the block before.
final class LinkedFrame {
  private static final int BLOCK = 1 << 16;

  /// Matches that begin before their block.
  int linked;

  byte[] encode(byte[] raw) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Map<Integer, Integer> seen = new HashMap<>();
    for (int start = 0; start < raw.length; start += BLOCK) {
      int end = Math.min(raw.length, start + BLOCK);
      byte[] block = block(raw, start, end, seen);
      out.writeBytes("bv41".getBytes(StandardCharsets.US_ASCII));
      out.writeBytes(word(end - start));
      out.writeBytes(word(block.length));
      out.writeBytes(block);
    }
    out.writeBytes("bv4$".getBytes(StandardCharsets.US_ASCII));
    return out.toByteArray();
  }

  private byte[] block(byte[] raw, int start, int end, Map<Integer, Integer> seen) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int anchor = start;
    int at = start;
    while (at < end - 12) {
      int key = ByteBuffer.wrap(raw, at, 4).getInt();
      Integer from = seen.put(key, at);
      if (from == null || at - from > 65535) {
        at++;
        continue;
      }
      int length = 4;
      while (at + length < end - 5 && raw[from + length] == raw[at + length]) {
        length++;
      }
      linked += from < start ? 1 : 0;
      sequence(out, raw, anchor, at - anchor, length - 4);
      out.write(at - from);
      out.write((at - from) >> 8);
      extend(out, length - 4);
      at += length;
      anchor = at;
    }
    sequence(out, raw, anchor, end - anchor, 0);
    return out.toByteArray();
  }

  private static void sequence(ByteArrayOutputStream out, byte[] raw, int from, int n, int match) {
    out.write(Math.min(n, 15) << 4 | Math.min(match, 15));
    extend(out, n);
    out.write(raw, from, n);
  }

  private static void extend(ByteArrayOutputStream out, int n) {
    for (int rest = n - 15; rest >= 0; rest -= 255) {
      out.write(Math.min(rest, 255));
    }
  }

  private static byte[] word(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }
}
