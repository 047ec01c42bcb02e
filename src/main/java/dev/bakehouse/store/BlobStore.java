package dev.bakehouse.store;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Named, immutable runs of bytes that appear whole or not at all.
///
/// A key is segments of `[A-Za-z0-9._+=-]` joined by `/`; no segment starts with a dot. Any number
/// of processes on any number of hosts may use one store at once; nothing relies on locks.
public interface BlobStore {
  /// The store as its user wrote it, without secrets: for messages.
  String url();

  Upload upload() throws IOException;

  Optional<BlobInfo> stat(String key) throws IOException;

  /// A reader that keeps reading the same bytes even when the blob is deleted or replaced
  /// meanwhile; empty when there is no such blob.
  Optional<SeekableByteChannel> open(String key) throws IOException;

  /// All blobs below a prefix that is made of whole segments; `""` is everything. In no order.
  List<BlobInfo> list(String prefix) throws IOException;

  /// @return whether it was there
  boolean delete(String key) throws IOException;

  /// Sets [BlobInfo#modified] to now; a blob that is gone stays gone.
  void touch(String key) throws IOException;

  /// Removes uploads begun before a moment and never published.
  ///
  /// @return how many
  int deleteAbandoned(Instant before) throws IOException;
}
