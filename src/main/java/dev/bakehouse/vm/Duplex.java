package dev.bakehouse.vm;

import java.io.InputStream;
import java.io.OutputStream;

/// A two-way byte channel into a guest. Reading gives end of file when the guest or its hypervisor
/// is gone.
public interface Duplex extends AutoCloseable {
  InputStream in();

  OutputStream out();

  @Override
  void close();
}
