package dev.bakehouse.cache;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/// Counts and hashes what goes through to another stream.
final class Hashing extends FilterOutputStream {
  private final MessageDigest digest = SafeName.sha256();
  private long size;

  Hashing(OutputStream out) {
    super(out);
  }

  long size() {
    return size;
  }

  /// Hexadecimal; ends the hashing.
  String sha256() {
    return HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] buffer, int from, int length) throws IOException {
    out.write(buffer, from, length);
    digest.update(buffer, from, length);
    size += length;
  }
}
