package dev.bakehouse.cache;

import java.io.IOException;
import java.io.InputStream;

/// Watches a tar stream for its end mark: at least two blocks of zeros after the last entry. A tar
/// that was cut off between two entries lacks only that.
final class TarEnd extends InputStream {
  private static final int END = 1024;
  private static final int BLOCK = 512;

  private final InputStream in;
  private long zeros;
  private long total;
  private long padding;

  TarEnd(InputStream in) {
    this.in = in;
  }

  /// The contents of an entry end here: zeros inside them do not count.
  void entryEnds() {
    zeros = 0;
    padding = (BLOCK - total % BLOCK) % BLOCK;
  }

  /// Whether the end mark was seen, once the stream is read to its end.
  boolean complete() {
    return zeros >= padding + END && total % BLOCK == 0;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int from, int length) throws IOException {
    int count = in.read(buffer, from, length);
    if (count > 0) {
      total += count;
      int at = from + count;
      while (at > from && buffer[at - 1] == 0) {
        at--;
      }
      zeros = at == from ? zeros + count : from + count - at;
    }
    return count;
  }
}
