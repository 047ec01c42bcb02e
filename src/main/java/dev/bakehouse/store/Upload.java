package dev.bakehouse.store;

import java.io.IOException;
import java.io.OutputStream;

/// A blob on its way in. Nobody sees it before it is published; closed without that, it leaves
/// nothing. It is published once.
public interface Upload extends AutoCloseable {
  /// Where the bytes go; publishing closes it.
  OutputStream stream();

  /// Makes the bytes durable and then visible under a name, in one step; what had that name before
  /// is replaced.
  void publish(String key) throws IOException;

  @Override
  void close() throws IOException;
}
