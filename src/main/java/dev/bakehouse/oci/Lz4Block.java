package dev.bakehouse.oci;

import dev.bakehouse.oci.AppleLz4Reader.BadFrame;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Decodes one raw LZ4 block into a buffer whose bytes before the start are history. Library
/// decoders refuse matches that begin before their output.
final class Lz4Block {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /// Copies up to this many bytes may write beyond their end when there is room.
  private static final int SHORT = 32;

  private Lz4Block() {}

  /// @return where the decoded bytes end
  static int decode(byte[] src, int srcEnd, byte[] dst, int start, int limit) throws BadFrame {
    int s = 0;
    int d = start;
    while (s < srcEnd) {
      int token = src[s++] & 0xff;
      int literals = token >>> 4;
      if (literals == 15) {
        int more;
        do {
          more = next(src, s++, srcEnd);
          literals += more;
        } while (more == 255);
      }
      if (literals > srcEnd - s || literals > limit - d) {
        throw new BadFrame("literals beyond the end of a block");
      }
      if (literals <= SHORT && srcEnd - s >= SHORT && limit - d >= SHORT) {
        copyShort(src, s, dst, d, literals);
      } else {
        System.arraycopy(src, s, dst, d, literals);
      }
      s += literals;
      d += literals;
      if (s == srcEnd) {
        return d;
      }
      int distance = next(src, s, srcEnd) | next(src, s + 1, srcEnd) << 8;
      s += 2;
      int length = (token & 15) + 4;
      if (length == 19) {
        int more;
        do {
          more = next(src, s++, srcEnd);
          length += more;
        } while (more == 255);
      }
      if (distance == 0 || distance > d || length > limit - d) {
        throw new BadFrame("a match beyond the bounds of a block");
      }
      match(dst, d, distance, length, limit);
      d += length;
    }
    throw new BadFrame("a block without its last literals");
  }

  private static int next(byte[] src, int at, int end) throws BadFrame {
    if (at >= end) {
      throw new BadFrame("a block that stops in a sequence");
    }
    return src[at] & 0xff;
  }

  private static void match(byte[] dst, int at, int distance, int length, int limit) {
    int from = at - distance;
    if (distance >= 8 && length <= SHORT && limit - at >= SHORT) {
      copyShort(dst, from, dst, at, length);
    } else if (distance >= length) {
      System.arraycopy(dst, from, dst, at, length);
    } else if (distance == 1) {
      Arrays.fill(dst, at, at + length, dst[from]);
    } else {
      int done = 0;
      while (done < length) {
        int n = Math.min(length - done, distance + done);
        System.arraycopy(dst, from, dst, at + done, n);
        done += n;
      }
    }
  }

  private static void copyShort(byte[] src, int from, byte[] dst, int to, int length) {
    for (int i = 0; i < length; i += 8) {
      LONG.set(dst, to + i, (long) LONG.get(src, from + i));
    }
  }
}
