package dev.bakehouse.platform;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/// Keeps what somebody prints who is not trusted to end.
public final class BoundedBuffer extends OutputStream {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final String what;
  private final long most;

  /// @param what begins the error, for example `The list of files`
  /// @param most how many bytes are kept; more than these are an [IOException]
  public BoundedBuffer(String what, long most) {
    this.what = what;
    this.most = most;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] from, int start, int length) throws IOException {
    if (length > most - bytes.size()) {
      throw new IOException(what + " is longer than " + most + " bytes");
    }
    bytes.write(from, start, length);
  }

  public byte[] bytes() {
    return bytes.toByteArray();
  }
}
