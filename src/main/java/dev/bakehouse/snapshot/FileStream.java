package dev.bakehouse.snapshot;

import dev.bakehouse.platform.BulkInput;
import dev.bakehouse.platform.PosixFile;
import java.io.IOException;

/// A file by its raw path.
final class FileStream extends BulkInput {
  private final String path;
  private final int file;
  private long at;

  FileStream(String path) throws IOException {
    this.path = path;
    this.file = PosixFile.openReadHere(path);
  }

  @Override
  public int read(byte[] buffer, int from, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    int count = PosixFile.read(file, at, buffer, from, length, path);
    at += Math.max(0, count);
    return count;
  }

  @Override
  public long skip(long count) {
    at += count;
    return count;
  }

  @Override
  public void close() throws IOException {
    PosixFile.close(file);
  }
}
