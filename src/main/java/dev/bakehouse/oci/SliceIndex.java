package dev.bakehouse.oci;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.LongConsumer;

/// Where the 64 KiB blocks of a slice lie in its blob, when the blob's blocks do not refer to each
/// other. Any run of them can then be read and decoded alone.
///
/// As bytes: `BKC1`, then for each block in order the length its frame has in the blob (with the
/// frame's head) and the XXH64 of its raw bytes; a run of whole zero blocks is 0, their count, and
/// the length each has. Numbers as [Packed] has them.
final class SliceIndex {
  /// Beyond this no index is read: the largest slice's has 8192 blocks of 11 bytes at most.
  static final int LARGEST = 1 << 17;

  private static final byte[] MAGIC = "BKC1".getBytes(StandardCharsets.US_ASCII);
  private static final int END_MARK = 4;
  private static final int LONGEST_FRAME = Blocks.SIZE + 8;

  private final long[] hashes;
  private final long[] ends;

  private SliceIndex(long[] hashes, int[] lengths) {
    this.hashes = hashes;
    this.ends = new long[lengths.length];
    long sum = 0;
    for (int i = 0; i < lengths.length; i++) {
      sum += lengths[i];
      ends[i] = sum;
    }
  }

  /// @param lengths of the frames, heads included
  static SliceIndex of(long[] hashes, int[] lengths) {
    return new SliceIndex(hashes.clone(), lengths);
  }

  int blocks() {
    return hashes.length;
  }

  long hash(int block) {
    return hashes[block];
  }

  boolean zero(int block) {
    return hashes[block] == Blocks.ZERO;
  }

  /// Where a block's frame begins in the blob; of the number of blocks, where the last ends.
  long start(int block) {
    return block == 0 ? 0 : ends[block - 1];
  }

  int length(int block) {
    return (int) (ends[block] - start(block));
  }

  long[] hashes() {
    return hashes.clone();
  }

  void each(LongConsumer hash) {
    Arrays.stream(hashes).forEach(hash);
  }

  /// Raw bytes that are not in whole zero blocks.
  long data(long size) {
    long sum = 0;
    for (int i = 0; i < hashes.length; i++) {
      sum += zero(i) ? 0 : Math.min(Blocks.SIZE, size - (long) i * Blocks.SIZE);
    }
    return sum;
  }

  byte[] encode() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(MAGIC);
    for (int i = 0; i < hashes.length; ) {
      if (zero(i)) {
        int end = i + 1;
        while (end < hashes.length && zero(end) && length(end) == length(i)) {
          end++;
        }
        Packed.number(out, 0);
        Packed.number(out, end - i);
        Packed.number(out, length(i));
        i = end;
      } else {
        Packed.number(out, length(i));
        Packed.word(out, hashes[i]);
        i++;
      }
    }
    return out.toByteArray();
  }

  /// @param size raw bytes of the slice
  /// @param blobSize bytes of its blob
  /// @throws CorruptData when this can not be the index of such a slice
  static SliceIndex decode(byte[] bytes, long size, long blobSize, String what) {
    if (size < 0 || size > TartManifest.SLICE) {
      throw new CorruptData(what, "it is for a slice of " + size + " bytes");
    }
    long[] hashes = new long[Blocks.count(size)];
    int[] lengths = new int[hashes.length];
    try {
      ByteBuffer in = Packed.reader(bytes);
      byte[] magic = new byte[MAGIC.length];
      in.get(magic);
      if (!Arrays.equals(magic, MAGIC)) {
        throw new CorruptData(what, "it is no chunk index");
      }
      read(in, hashes, lengths);
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new CorruptData(what, "a chunk index that " + reason(e));
    }
    SliceIndex index = new SliceIndex(hashes, lengths);
    if (index.start(hashes.length) + END_MARK != blobSize) {
      throw new CorruptData(
          what,
          "its blocks take %d bytes of a blob of %d"
              .formatted(index.start(hashes.length), blobSize));
    }
    return index;
  }

  private static String reason(RuntimeException e) {
    return e instanceof BufferUnderflowException ? "stops early" : "has " + e.getMessage();
  }

  private static void read(ByteBuffer in, long[] hashes, int[] lengths) {
    int at = 0;
    while (at < hashes.length) {
      int length = (int) Packed.number(in, LONGEST_FRAME);
      if (length > 0) {
        lengths[at] = length;
        hashes[at++] = in.getLong();
        continue;
      }
      int count = (int) Packed.number(in, hashes.length - at);
      int each = (int) Packed.number(in, LONGEST_FRAME);
      if (count == 0 || each == 0) {
        throw new IllegalArgumentException("an empty run");
      }
      Arrays.fill(hashes, at, at + count, Blocks.ZERO);
      Arrays.fill(lengths, at, at + count, each);
      at += count;
    }
    if (in.hasRemaining()) {
      throw new IllegalArgumentException("more than its " + hashes.length + " blocks");
    }
  }
}
