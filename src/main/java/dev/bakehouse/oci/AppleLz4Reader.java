package dev.bakehouse.oci;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/// Reads Apple's COMPRESSION_LZ4 frame (see [AppleLz4Writer]). Blocks may refer up to 64 KiB back
/// into the ones before, as Apple's encoder makes them.
final class AppleLz4Reader {
  /// Takes decoded bytes; they are valid during the call only.
  interface Sink {
    void accept(byte[] bytes, int offset, int length) throws IOException;
  }

  /// A frame that is not well formed.
  static final class BadFrame extends IOException {
    BadFrame(String message) {
      super(message);
    }
  }

  private static final int HISTORY = 1 << 16;
  private static final int LARGEST_BLOCK = 1 << 20;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final LZ4SafeDecompressor LZ4 = LZ4Factory.fastestInstance().safeDecompressor();

  private final InputStream in;
  private final byte[] head = new byte[8];
  private byte[] packed = new byte[1 << 17];
  private final byte[] window = new byte[HISTORY + 2 * LARGEST_BLOCK];
  private int end;
  private boolean linked;

  AppleLz4Reader(InputStream in) {
    this.in = in;
  }

  /// Decodes up to the end mark.
  ///
  /// @throws BadFrame when the bytes are no such frame, or stop before its end mark
  void decode(Sink sink) throws IOException {
    while (true) {
      fill(head, 4);
      int magic = (int) INT.get(head, 0);
      if (magic == AppleLz4Writer.END) {
        return;
      }
      if (magic == AppleLz4Writer.COMPRESSED) {
        fill(head, 8);
        compressed(size((int) INT.get(head, 0)), size((int) INT.get(head, 4)), sink);
      } else if (magic == AppleLz4Writer.STORED) {
        fill(head, 4);
        int length = size((int) INT.get(head, 0));
        room(length);
        fill(window, end, length);
        hand(length, sink);
      } else {
        throw new BadFrame("unknown block kind 0x" + Integer.toHexString(magic));
      }
    }
  }

  private void compressed(int raw, int size, Sink sink) throws IOException {
    if (packed.length < size) {
      packed = new byte[size];
    }
    fill(packed, size);
    room(raw);
    int got = independent(raw, size);
    if (got < 0) {
      got = Lz4Block.decode(packed, size, window, end, end + raw) - end;
    }
    if (got != raw) {
      throw new BadFrame("a block of " + raw + " bytes decoded to " + got);
    }
    hand(raw, sink);
  }

  /// Decodes a block that refers to nothing before it, as ours are, by the system's own LZ4.
  ///
  /// @return -1 for a block that is linked or bad; those of its frame are then decoded here
  private int independent(int raw, int size) {
    if (linked) {
      return -1;
    }
    try {
      return LZ4.decompress(packed, 0, size, window, end, raw);
    } catch (LZ4Exception e) {
      linked = true;
      return -1;
    }
  }

  private void hand(int length, Sink sink) throws IOException {
    sink.accept(window, end, length);
    end += length;
  }

  private void room(int length) {
    if (end + length > window.length) {
      System.arraycopy(window, end - HISTORY, window, 0, HISTORY);
      end = HISTORY;
    }
  }

  private static int size(int value) throws BadFrame {
    if (value < 0 || value > LARGEST_BLOCK) {
      throw new BadFrame("a block of " + Integer.toUnsignedString(value) + " bytes");
    }
    return value;
  }

  private void fill(byte[] target, int length) throws IOException {
    fill(target, 0, length);
  }

  private void fill(byte[] target, int offset, int length) throws IOException {
    try {
      if (in.readNBytes(target, offset, length) < length) {
        throw new BadFrame("it stops before its end mark");
      }
    } catch (EOFException e) {
      throw new BadFrame("it stops before its end mark");
    }
  }
}
