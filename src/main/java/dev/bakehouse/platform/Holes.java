package dev.bakehouse.platform;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Tells where a sparse file has data, by `lseek` with SEEK_DATA and SEEK_HOLE: reading a hole
/// costs as much as reading data. Safe for several threads.
public final class Holes implements AutoCloseable {
  private static final long SEEK_DATA = FileDescriptor.LINUX ? 3 : 4;
  private static final long SEEK_HOLE = FileDescriptor.LINUX ? 4 : 3;
  private static final int NO_MORE_DATA = 6;

  private final FileDescriptor file;
  private final long size;

  private Holes(FileDescriptor file, long size) {
    this.file = file;
    this.size = size;
  }

  public static Holes open(Path file) throws IOException {
    long size = Files.size(file);
    return new Holes(FileDescriptor.open(file, FileDescriptor.READ), size);
  }

  /// The first byte at or after an offset that is not in a hole; the size when all the rest is. The
  /// offset itself where the file system does not tell.
  public long nextData(long from) throws IOException {
    if (from >= size) {
      return size;
    }
    FileDescriptor.Answer answer = file.seek(from, SEEK_DATA);
    if (answer.ok()) {
      return answer.value();
    }
    return answer.errno() == NO_MORE_DATA ? size : from;
  }

  /// Where the data that an offset lies in ends; the size where the file system does not tell.
  public long nextHole(long from) throws IOException {
    if (from >= size) {
      return size;
    }
    FileDescriptor.Answer answer = file.seek(from, SEEK_HOLE);
    return answer.ok() ? answer.value() : size;
  }

  /// Bytes of a range that are not in holes.
  public long data(long from, long length) throws IOException {
    long end = Math.min(size, from + length);
    long sum = 0;
    for (long at = nextData(from); at < end; at = nextData(nextHole(at))) {
      sum += Math.min(end, nextHole(at)) - at;
    }
    return sum;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
