package dev.bakehouse.oci;

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

/// Reads slices of a disk image.
public final class SliceReader {
  private static final int CHUNK = 1 << 20;

  private SliceReader() {}

  /// The digests of all slices of a disk image, in order.
  public static List<Digest> digests(Path disk) throws IOException {
    try (FileChannel in = FileChannel.open(disk, StandardOpenOption.READ)) {
      long size = in.size();
      List<Callable<Digest>> tasks = new ArrayList<>();
      for (long offset = 0; offset < size; offset += TartManifest.SLICE) {
        long from = offset;
        tasks.add(() -> digest(in, from, Math.min(TartManifest.SLICE, size - from)));
      }
      return Parallel.run("read " + disk, tasks);
    }
  }

  static Digest digest(FileChannel in, long offset, long length) throws IOException {
    if (isZeroSlice(in, offset, length)) {
      return TartManifest.ZERO_SLICE;
    }
    MessageDigest hasher = Digest.hasher();
    read(in, offset, length, hasher::update);
    return Digest.finish(hasher);
  }

  /// Whether this is a full slice of zeros; stops at the first other byte.
  static boolean isZeroSlice(FileChannel in, long offset, long length) throws IOException {
    if (length != TartManifest.SLICE) {
      return false;
    }
    try {
      read(
          in,
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

  static void read(FileChannel in, long offset, long length, AppleLz4Reader.Sink sink)
      throws IOException {
    byte[] bytes = new byte[CHUNK];
    ByteBuffer direct = ByteBuffer.allocateDirect(CHUNK);
    long at = offset;
    long end = offset + length;
    while (at < end) {
      direct.clear().limit((int) Math.min(CHUNK, end - at));
      while (direct.hasRemaining()) {
        int n = in.read(direct, at + direct.position());
        if (n < 0) {
          throw new EOFException("the disk image became shorter while it was read");
        }
      }
      direct.flip();
      int n = direct.remaining();
      direct.get(bytes, 0, n);
      sink.accept(bytes, 0, n);
      at += n;
    }
  }
}
