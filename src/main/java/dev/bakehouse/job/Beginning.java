package dev.bakehouse.job;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/// Keeps the first 256 KB of what a guest says; the rest is lost.
final class Beginning extends OutputStream {
  static final int MOST = 1 << 18;

  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    kept.write(bytes, offset, Math.min(length, MOST - kept.size()));
  }

  String text() {
    return kept.toString(StandardCharsets.UTF_8);
  }
}
