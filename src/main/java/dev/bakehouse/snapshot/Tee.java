package dev.bakehouse.snapshot;

import dev.bakehouse.platform.BulkInput;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/// Copies what is read, skipped bytes included, to another stream.
final class Tee extends BulkInput {
  private final InputStream in;
  private final OutputStream copy;

  Tee(InputStream in, OutputStream copy) {
    this.in = in;
    this.copy = copy;
  }

  @Override
  public int read(byte[] buffer, int from, int length) throws IOException {
    int count = in.read(buffer, from, length);
    if (count > 0) {
      copy.write(buffer, from, count);
    }
    return count;
  }
}
