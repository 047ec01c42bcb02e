package dev.bakehouse.guest;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The wire form of the control protocol; `guest.pl` describes it in its head.
///
/// A frame is a line: line feeds inside are stuffed, so that a reader finds the next frame after
/// any garbage.
final class Frame {
  private static final byte[] MAGIC = {'B', 'K', 'H', '1'};
  private static final int HEAD = 12;
  private static final int ESCAPE = 0x1b;

  private Frame() {}

  /// Fields, each with its 32-bit big-endian length.
  static byte[] fields(List<byte[]> fields) {
    int size = fields.stream().mapToInt(f -> 4 + f.length).sum();
    ByteBuffer buffer = ByteBuffer.allocate(size);
    fields.forEach(f -> buffer.putInt(f.length).put(f));
    return buffer.array();
  }

  /// The inverse of [#fields]; empty when the lengths do not add up.
  static Optional<List<byte[]>> unfields(byte[] bytes) {
    List<byte[]> all = new ArrayList<>();
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      if (buffer.remaining() < 4) {
        return Optional.empty();
      }
      int size = buffer.getInt();
      if (size < 0 || size > buffer.remaining()) {
        return Optional.empty();
      }
      byte[] field = new byte[size];
      buffer.get(field);
      all.add(field);
    }
    return Optional.of(all);
  }

  static byte[] encode(List<byte[]> fields) {
    byte[] payload = fields(fields);
    ByteBuffer body = ByteBuffer.allocate(HEAD + payload.length);
    body.put(MAGIC).putInt(payload.length).putInt(sum(payload)).put(payload);
    ByteArrayOutputStream line = new ByteArrayOutputStream(body.capacity() + 16);
    line.write('\n');
    for (byte b : body.array()) {
      switch (b) {
        case ESCAPE -> {
          line.write(ESCAPE);
          line.write(1);
        }
        case '\n' -> {
          line.write(ESCAPE);
          line.write(2);
        }
        default -> line.write(b);
      }
    }
    line.write('\n');
    return line.toByteArray();
  }

  /// Reads one line without its line feed; empty when it is no frame.
  static Optional<List<byte[]>> decode(byte[] line) {
    ByteArrayOutputStream plain = new ByteArrayOutputStream(line.length);
    for (int i = 0; i < line.length; i++) {
      if (line[i] == ESCAPE && i + 1 < line.length) {
        plain.write(line[++i] == 2 ? '\n' : ESCAPE);
      } else {
        plain.write(line[i]);
      }
    }
    byte[] body = plain.toByteArray();
    if (body.length < HEAD || !Arrays.equals(body, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      return Optional.empty();
    }
    ByteBuffer head = ByteBuffer.wrap(body, MAGIC.length, HEAD - MAGIC.length);
    byte[] payload = Arrays.copyOfRange(body, HEAD, body.length);
    return head.getInt() == payload.length && head.getInt() == sum(payload)
        ? unfields(payload)
        : Optional.empty();
  }

  private static int sum(byte[] bytes) {
    int sum = 0;
    for (byte b : bytes) {
      sum += b & 0xff;
    }
    return sum;
  }
}
