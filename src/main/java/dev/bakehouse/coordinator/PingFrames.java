package dev.bakehouse.coordinator;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// Messages of `StreamPings` as gRPC frames: a zero byte, the length as four bytes, a protobuf
/// message of few fields.
final class PingFrames {
  private static final int PREFIX = 5;
  private static final int AGENT_ID = 1;
  private static final int RESUME = 2;
  private static final int PAUSE = 3;
  private static final int DISCONNECT = 4;
  private static final int JOB_ASSIGNED = 5;
  private static final int BYTES = 2;

  private PingFrames() {}

  /// Nothing to do now.
  static byte[] resume() {
    return frame(field(RESUME, new byte[0]));
  }

  static byte[] pause(String reason) {
    return frame(field(PAUSE, text(reason)));
  }

  static byte[] disconnect(String reason) {
    return frame(field(DISCONNECT, text(reason)));
  }

  static byte[] job(String id) {
    return frame(field(JOB_ASSIGNED, field(1, text(id)))); // JobAssigned { Job { id } }
  }

  /// The agent a request names; empty when it names none.
  ///
  /// @throws HttpError when it is no such request
  static String agent(byte[] request) {
    if (request.length < PREFIX
        || request[0] != 0
        || ByteBuffer.wrap(request, 1, 4).getInt() != request.length - PREFIX) {
      throw new HttpError(400, "The body is not one uncompressed gRPC message");
    }
    String agent = "";
    ByteBuffer in = ByteBuffer.wrap(request, PREFIX, request.length - PREFIX);
    while (in.hasRemaining()) {
      long tag = number(in);
      byte[] value =
          switch ((int) (tag & 7)) {
            case 0 -> {
              number(in);
              yield new byte[0];
            }
            case 1 -> take(in, Long.BYTES);
            case BYTES -> take(in, number(in));
            case 5 -> take(in, Integer.BYTES);
            default -> throw malformed();
          };
      if (tag == (AGENT_ID << 3 | BYTES)) {
        agent = new String(value, StandardCharsets.UTF_8);
      }
    }
    return agent;
  }

  private static byte[] take(ByteBuffer in, long count) {
    if (count < 0 || count > in.remaining()) {
      throw malformed();
    }
    byte[] bytes = new byte[(int) count];
    in.get(bytes);
    return bytes;
  }

  private static long number(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE && in.hasRemaining(); shift += 7) {
      byte b = in.get();
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw malformed();
  }

  private static HttpError malformed() {
    return new HttpError(400, "The body is not a message of StreamPings");
  }

  /// A text as the first field of a message.
  private static byte[] text(String text) {
    return text.isEmpty() ? new byte[0] : field(1, text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] field(int number, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(number << 3 | BYTES);
    int left = content.length;
    while (left > 0x7f) {
      out.write((left & 0x7f) | 0x80);
      left >>>= 7;
    }
    out.write(left);
    out.writeBytes(content);
    return out.toByteArray();
  }

  private static byte[] frame(byte[] message) {
    return ByteBuffer.allocate(PREFIX + message.length)
        .put((byte) 0)
        .putInt(message.length)
        .put(message)
        .array();
  }
}
