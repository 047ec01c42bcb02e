package dev.bakehouse.oci;

import dev.bakehouse.platform.Holes;
import dev.bakehouse.platform.Sha256;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;

/// Reads slices of a disk image; holes are not read. Safe for several threads.
public final class SliceReader implements AutoCloseable {
  private static final int CHUNK = 1 << 20;
  private static final byte[] ZERO = new byte[CHUNK];

  /// Of every slice of zeros; a large disk has a thousand of them.
  private static final long[] ZERO_BLOCKS = new long[Blocks.count(TartManifest.SLICE)];

  static {
    Arrays.fill(ZERO_BLOCKS, Blocks.ZERO);
  }

  private final FileChannel in;
  private final Holes holes;

  SliceReader(Path disk) throws IOException {
    this.in = FileChannel.open(disk, StandardOpenOption.READ);
    this.holes = Holes.open(disk);
  }

  /// The digests of all slices of a disk image, in order, read from the disk.
  public static List<Digest> digests(Path disk) throws IOException {
    return slices(disk).stream().map(DiskRecord.Slice::content).toList();
  }

  /// The same, and leaves them with the hashes of all blocks beside the disk, so that a push or
  /// pull need not read it.
  public static List<Digest> record(Path directory) throws IOException {
    List<DiskRecord.Slice> slices = slices(directory.resolve("disk.img"));
    try (DiskRecord.Writer record = DiskRecord.fresh(directory)) {
      for (DiskRecord.Slice slice : slices) {
        record.slice(slice);
      }
      record.seal();
    }
    return slices.stream().map(DiskRecord.Slice::content).toList();
  }

  private static List<DiskRecord.Slice> slices(Path disk) throws IOException {
    try (SliceReader reader = new SliceReader(disk)) {
      long size = reader.size();
      List<Callable<DiskRecord.Slice>> tasks = new ArrayList<>();
      for (long offset = 0; offset < size; offset += TartManifest.SLICE) {
        long from = offset;
        tasks.add(() -> reader.slice(from, Math.min(TartManifest.SLICE, size - from)));
      }
      return Parallel.run("read " + disk, tasks);
    }
  }

  long size() throws IOException {
    return in.size();
  }

  /// What a slice has: one pass over its data.
  DiskRecord.Slice slice(long offset, long length) throws IOException {
    if (isZeroSlice(offset, length)) {
      return zeroSlice(offset);
    }
    MessageDigest hasher = Sha256.bulk();
    Blocks blocks = new Blocks(length);
    read(
        offset,
        length,
        (bytes, from, n) -> {
          hasher.update(bytes, from, n);
          blocks.update(bytes, from, n);
        });
    return new DiskRecord.Slice(offset, length, Digest.finish(hasher), blocks.finish());
  }

  /// Whether the disk has exactly this slice; stops at the first block that differs.
  boolean is(DiskRecord.Slice slice) throws IOException {
    if (slice.content().equals(TartManifest.ZERO_SLICE)) {
      return isZeroSlice(slice.offset(), slice.size());
    }
    MessageDigest hasher = Sha256.bulk();
    long[] at = {0};
    try {
      read(
          slice.offset(),
          slice.size(),
          (bytes, from, n) -> {
            hasher.update(bytes, from, n);
            for (int i = 0; i < n; i += Blocks.SIZE) {
              int size = Math.min(Blocks.SIZE, n - i);
              if (Blocks.hash(bytes, from + i, size) != slice.blocks()[(int) at[0]++]) {
                throw new Differs();
              }
            }
          });
    } catch (Differs e) {
      return false;
    }
    return Digest.finish(hasher).equals(slice.content());
  }

  static DiskRecord.Slice zeroSlice(long offset) {
    return new DiskRecord.Slice(offset, TartManifest.SLICE, TartManifest.ZERO_SLICE, ZERO_BLOCKS);
  }

  /// Bytes of a range that the file system does not tell to be holes.
  long data(long offset, long length) throws IOException {
    return holes.data(offset, length);
  }

  /// Whether this is a full slice of zeros; stops at the first other byte.
  boolean isZeroSlice(long offset, long length) throws IOException {
    if (length != TartManifest.SLICE) {
      return false;
    }
    if (holes.nextData(offset) >= offset + length) {
      return true;
    }
    try {
      read(
          offset,
          length,
          (bytes, from, n) -> {
            if (!AppleLz4Writer.isZero(bytes, from, n)) {
              throw new Differs();
            }
          });
      return true;
    } catch (Differs e) {
      return false;
    }
  }

  private static final class Differs extends IOException {}

  void read(long offset, long length, AppleLz4Reader.Sink sink) throws IOException {
    byte[] bytes = new byte[(int) Math.min(CHUNK, length)];
    long at = offset;
    long end = offset + length;
    long data = holes.nextData(at);
    while (at < end) {
      int n = (int) Math.min(CHUNK, end - at);
      if (at + n <= data) {
        sink.accept(ZERO, 0, n);
      } else {
        fill(ByteBuffer.wrap(bytes, 0, n), at);
        sink.accept(bytes, 0, n);
        data = holes.nextData(at + n);
      }
      at += n;
    }
  }

  private void fill(ByteBuffer buffer, long at) throws IOException {
    while (buffer.hasRemaining()) {
      if (in.read(buffer, at + buffer.position()) < 0) {
        throw new EOFException("the disk image became shorter while it was read");
      }
    }
  }

  @Override
  public void close() throws IOException {
    try (holes) {
      in.close();
    }
  }
}
