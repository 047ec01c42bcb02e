package dev.bakehouse.oci;

import dev.bakehouse.platform.Sha256;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.function.LongConsumer;

/// A buffered stream that hashes what comes from below and tells how much it was.
final class HashingInput extends FilterInputStream {
  private final MessageDigest hasher = Sha256.bulk();
  private final LongConsumer counter;
  private final byte[] buffer = new byte[1 << 18];
  private int next;
  private int end;

  HashingInput(InputStream below, LongConsumer counter) {
    super(below);
    this.counter = counter;
  }

  @Override
  public int read() throws IOException {
    return fill() ? buffer[next++] & 0xff : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int n = Math.min(length, end - next);
    System.arraycopy(buffer, next, target, offset, n);
    next += n;
    return n;
  }

  /// Skipped bytes are hashed too.
  @Override
  public long skip(long wanted) throws IOException {
    if (wanted <= 0 || !fill()) {
      return 0;
    }
    int n = (int) Math.min(wanted, end - next);
    next += n;
    return n;
  }

  @Override
  public int available() {
    return end - next;
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  /// Reads to the end and gives the digest of all bytes.
  Digest finish() throws IOException {
    do {
      next = end;
    } while (fill());
    return Digest.finish(hasher);
  }

  private boolean fill() throws IOException {
    if (next < end) {
      return true;
    }
    int n = in.read(buffer, 0, buffer.length);
    if (n <= 0) {
      return false;
    }
    hasher.update(buffer, 0, n);
    counter.accept(n);
    next = 0;
    end = n;
    return true;
  }
}
