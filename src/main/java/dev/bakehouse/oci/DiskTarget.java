package dev.bakehouse.oci;

import dev.bakehouse.platform.Holes;
import dev.bakehouse.platform.Uncached;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// A disk image being made, sparse. Where the file system lets it, bytes go around the page cache:
/// copying them there is as much work as decoding them, one thread at a time may do it for a file,
/// and what was written must still be brought to the medium in the end. Safe for several threads.
final class DiskTarget implements AutoCloseable {
  private final Path disk;
  private final FileChannel out;
  private final Optional<FileChannel> direct;
  private final Holes holes;
  private final SliceReader reader;
  private final ExecutorService behind = Executors.newCachedThreadPool();

  /// @param apart whether slices begin so far from each other that no two share what the page cache
  ///   handles at once; else a write around it could undo a neighbour's write through it
  DiskTarget(Path disk, long size, boolean apart) throws IOException {
    this.disk = disk;
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(size);
    }
    this.out = FileChannel.open(disk, StandardOpenOption.WRITE);
    this.direct = apart ? Uncached.open(disk) : Optional.empty();
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

  /// @param bytes in memory aligned to [Uncached#ALIGNMENT]
  void write(ByteBuffer bytes, long position) throws IOException {
    int whole = bytes.remaining() / Uncached.ALIGNMENT * Uncached.ALIGNMENT;
    int begin = bytes.position();
    if (direct.isPresent() && position % Uncached.ALIGNMENT == 0 && whole > 0) {
      write(direct.get(), bytes.duplicate().limit(begin + whole), position);
      bytes.position(begin + whole);
    }
    write(out, bytes, position + bytes.position() - begin);
  }

  /// [#write] by another thread.
  ///
  /// @param bytes not to be touched until it is done
  CompletableFuture<?> writeBehind(ByteBuffer bytes, long position) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            write(bytes, position);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        behind);
  }

  private static void write(FileChannel out, ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      int n = out.write(bytes, at);
      if (n < 0) {
        throw new EOFException("the disk image takes no more bytes");
      }
      at += n;
    }
  }

  /// Returns when the disk's bytes are on the medium.
  void force() throws IOException {
    out.force(false);
  }

  @Override
  public void close() throws IOException {
    try (out;
        holes;
        reader;
        behind) {
      if (direct.isPresent()) {
        direct.get().close();
      }
    }
  }
}
