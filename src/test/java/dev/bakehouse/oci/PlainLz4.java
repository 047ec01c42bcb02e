package dev.bakehouse.oci;

import java.util.Arrays;

/// Apple's LZ4 frame decoded byte by byte, with all output as history: slow, and plain enough to
/// judge by.
final class PlainLz4 {
  /// The frame breaks a rule.
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;
  }

  private final byte[] in;
  private final int most;
  private int at;
  private byte[] out = new byte[1 << 12];
  private int size;

  private PlainLz4(byte[] in, int most) {
    this.in = in;
    this.most = most;
  }

  /// @param most decoded bytes after which it stops
  static byte[] decode(byte[] frame, int most) throws Refused {
    PlainLz4 decoder = new PlainLz4(frame, most);
    decoder.frame();
    return Arrays.copyOf(decoder.out, decoder.size);
  }

  private void frame() throws Refused {
    while (size <= most) {
      String kind = "" + (char) next() + (char) next() + (char) next() + (char) next();
      switch (kind) {
        case "bv4$" -> {
          return;
        }
        case "bv4-" -> {
          for (int left = word(); left > 0; left--) {
            put(next());
          }
        }
        case "bv41" -> {
          int raw = word();
          int end = word();
          block(size + raw, at + end);
        }
        default -> throw new Refused();
      }
    }
  }

  private void block(int rawEnd, int end) throws Refused {
    while (true) {
      int token = next();
      for (int left = length(token >> 4); left > 0; left--) {
        put(next());
      }
      if (at >= end || size > rawEnd) {
        insist(at == end && size == rawEnd);
        return;
      }
      int distance = next() | next() << 8;
      insist(distance > 0 && distance <= size);
      for (int left = length(token & 15) + 4; left > 0; left--) {
        put(out[size - distance]);
      }
      insist(at < end);
    }
  }

  private int length(int start) throws Refused {
    int length = start;
    int more = start == 15 ? 255 : 0;
    while (more == 255) {
      more = next();
      length += more;
    }
    return length;
  }

  private int word() throws Refused {
    int word = next() | next() << 8 | next() << 16 | next() << 24;
    insist(word >= 0 && word <= 1 << 20);
    return word;
  }

  private int next() throws Refused {
    insist(at < in.length);
    return in[at++] & 0xff;
  }

  private void put(int value) throws Refused {
    if (size == out.length) {
      insist(size <= 2 * most + (1 << 21));
      out = Arrays.copyOf(out, size * 2);
    }
    out[size++] = (byte) value;
  }

  private static void insist(boolean holds) throws Refused {
    if (!holds) {
      throw new Refused();
    }
  }
}
