package dev.bakehouse.oci;

import dev.bakehouse.platform.Holes;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A disk image being made, sparse: zeros are written only where an interrupted attempt left other
/// bytes. Safe for several threads.
final class DiskTarget implements AutoCloseable {
  private static final ThreadLocal<ByteBuffer> DIRECT =
      ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(1 << 18));

  private final Path disk;
  private final FileChannel out;
  private final Holes holes;
  private final SliceReader reader;

  DiskTarget(Path disk, long size) throws IOException {
    this.disk = disk;
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(size);
    }
    this.out = FileChannel.open(disk, StandardOpenOption.WRITE);
    this.holes = Holes.open(disk);
    this.reader = new SliceReader(disk);
  }

  Path disk() {
    return disk;
  }

  SliceReader reader() {
    return reader;
  }

  /// Whether anything was ever written to a range.
  boolean touched(long offset, long length) throws IOException {
    return holes.nextData(offset) < offset + length;
  }

  /// @param fresh whether nothing was written there before, see [#touched]
  void write(byte[] bytes, int offset, int length, long position, boolean fresh)
      throws IOException {
    for (int at = 0; at < length; at += Blocks.SIZE) {
      int n = Math.min(Blocks.SIZE, length - at);
      boolean zero = AppleLz4Writer.isZero(bytes, offset + at, n);
      if (!zero || (!fresh && touched(position + at, n))) {
        put(bytes, offset + at, n, position + at);
      }
    }
  }

  private void put(byte[] bytes, int offset, int length, long position) throws IOException {
    ByteBuffer buffer = DIRECT.get();
    buffer.clear().put(bytes, offset, length).flip();
    while (buffer.hasRemaining()) {
      if (out.write(buffer, position + buffer.position()) < 0) {
        throw new EOFException("the disk image takes no more bytes");
      }
    }
  }

  /// Returns when the disk's bytes are on the medium.
  void force() throws IOException {
    out.force(false);
  }

  @Override
  public void close() throws IOException {
    try (out;
        holes) {
      reader.close();
    }
  }
}
