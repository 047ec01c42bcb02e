package dev.bakehouse.platform;

import java.io.IOException;
import java.io.InputStream;

/// A stream that gives runs of bytes; one byte is a run of one.
public abstract class BulkInput extends InputStream {
  @Override
  public final int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public abstract int read(byte[] to, int from, int length) throws IOException;
}
