package dev.bakehouse.store;

import java.io.IOException;
import java.io.OutputStream;

/// A blob on its way in. Nobody sees it before it is published; closed without that, it leaves
/// nothing. It is published once, in one of three ways; one that answered false did not.
public interface Upload extends AutoCloseable {
  /// Where the bytes go; publishing closes it.
  OutputStream stream();

  /// Makes the bytes durable and then visible under a name, in one step; what had that name before
  /// is replaced.
  void publish(String key) throws IOException;

  /// Publishes under a name that nobody has.
  ///
  /// @return false when the name is taken; its blob is untouched
  boolean publishNew(String key) throws IOException;

  /// Publishes in the place of one blob.
  ///
  /// @param expected as it was when its bytes were read
  /// @return false when it was replaced or deleted since, or another is about to replace it
  boolean publishOver(BlobInfo expected) throws IOException;

  @Override
  void close() throws IOException;
}
