package dev.bakehouse.volume;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// The bytes of a disk as a guest sees them. Several threads may read at once.
interface Blocks extends Closeable {
  /// In bytes.
  long size();

  /// Fills the buffer's rest from an offset on.
  ///
  /// @throws IOException also when the range is not on the disk
  void read(long offset, ByteBuffer into) throws IOException;

  /// Opens a volume's disk, by its name's end: what is in it is the guest's.
  ///
  /// @param layers the lowest first; all but the first stand on the one before
  static Blocks open(List<Path> layers) throws IOException {
    String name = String.valueOf(layers.getLast().getFileName());
    try {
      if (name.endsWith(".qcow2")) {
        return Qcow2.open(layers);
      }
      if (name.endsWith(".img")) {
        return new Raw(layers.getLast());
      }
    } catch (NoSuchFileException e) {
      throw new Unreadable("its file " + e.getFile() + " is gone", e);
    }
    throw new Unreadable(name + " is a disk of no known format");
  }

  /// A file that is the disk, byte for byte.
  final class Raw implements Blocks {
    private final FileChannel channel;
    private final long size;

    Raw(Path file) throws IOException {
      this.channel = FileChannel.open(file, StandardOpenOption.READ);
      this.size = channel.size();
    }

    @Override
    public long size() {
      return size;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
      fill(channel, offset, into);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /// Fills a buffer from a file.
  static void fill(FileChannel channel, long offset, ByteBuffer into) throws IOException {
    long at = offset;
    while (into.hasRemaining()) {
      int got = channel.read(into, at);
      if (got < 0) {
        throw new Unreadable("the disk ends before byte " + (at + into.remaining()));
      }
      at += got;
    }
  }
}
