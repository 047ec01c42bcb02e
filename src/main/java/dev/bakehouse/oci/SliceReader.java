package dev.bakehouse.oci;

import dev.bakehouse.platform.Holes;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/// Reads slices of a disk image; holes are not read. Safe for several threads.
public final class SliceReader implements AutoCloseable {
  private static final int CHUNK = 1 << 20;
  private static final byte[] ZERO = new byte[CHUNK];

  private final FileChannel in;
  private final Holes holes;

  SliceReader(Path disk) throws IOException {
    this.in = FileChannel.open(disk, StandardOpenOption.READ);
    this.holes = Holes.open(disk);
  }

  /// The digests of all slices of a disk image, in order.
  public static List<Digest> digests(Path disk) throws IOException {
    try (SliceReader reader = new SliceReader(disk)) {
      long size = reader.size();
      List<Callable<Digest>> tasks = new ArrayList<>();
      for (long offset = 0; offset < size; offset += TartManifest.SLICE) {
        long from = offset;
        tasks.add(() -> reader.digest(from, Math.min(TartManifest.SLICE, size - from)));
      }
      return Parallel.run("read " + disk, tasks);
    }
  }

  long size() throws IOException {
    return in.size();
  }

  Digest digest(long offset, long length) throws IOException {
    if (isZeroSlice(offset, length)) {
      return TartManifest.ZERO_SLICE;
    }
    MessageDigest hasher = Digest.hasher();
    read(offset, length, hasher::update);
    return Digest.finish(hasher);
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
              throw new NotZero();
            }
          });
      return true;
    } catch (NotZero e) {
      return false;
    }
  }

  private static final class NotZero extends IOException {}

  void read(long offset, long length, AppleLz4Reader.Sink sink) throws IOException {
    byte[] bytes = new byte[CHUNK];
    ByteBuffer direct = ByteBuffer.allocateDirect(CHUNK);
    long at = offset;
    long end = offset + length;
    long data = holes.nextData(at);
    while (at < end) {
      int n = (int) Math.min(CHUNK, end - at);
      if (at + n <= data) {
        sink.accept(ZERO, 0, n);
      } else {
        fill(direct.clear().limit(n), at);
        direct.get(bytes, 0, n);
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
    buffer.flip();
  }

  @Override
  public void close() throws IOException {
    try (holes) {
      in.close();
    }
  }
}
