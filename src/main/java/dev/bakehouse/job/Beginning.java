package dev.bakehouse.job;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/// Keeps the first bytes of what a guest says, which may say what it likes; the rest is lost.
final class Beginning extends OutputStream {
  private static final int COMPLAINT = 1 << 16;

  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private final int most;

  /// Enough for a complaint.
  Beginning() {
    this(COMPLAINT);
  }

  Beginning(int most) {
    this.most = most;
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    kept.write(bytes, offset, Math.min(length, most - kept.size()));
  }

  String text() {
    return kept.toString(StandardCharsets.UTF_8);
  }
}
