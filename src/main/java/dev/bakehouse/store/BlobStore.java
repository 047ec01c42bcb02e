package dev.bakehouse.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Named runs of bytes that appear whole or not at all.
///
/// A key is what [Keys] accepts: segments of `[A-Za-z0-9._+=-]` joined by `/`, none of them
/// starting with a dot. Any number of processes on any number of hosts may use one store at once.
///
/// Stores that hosts share may be late: what one host published or deleted may be seen by another
/// only after a while (on NFS up to a minute). So a key that was read somewhere and is not there is
/// a miss and no damage, and nothing younger than hours may be taken for garbage.
///
/// An [IOException] says what was being done, to what, and what to do next. "Not there" is never an
/// exception, and a store that can not be asked is never taken for one that holds nothing.
public interface BlobStore {
  /// The store as its user wrote it, without secrets: for messages.
  String url();

  /// @throws dev.bakehouse.platform.UserError when this process can not write to this kind of store
  Upload upload() throws IOException;

  Optional<BlobInfo> stat(String key) throws IOException;

  /// A reader of the bytes that are there now; empty when there is no such blob.
  ///
  /// When the blob is deleted or replaced meanwhile, it goes on with the same bytes or fails; it
  /// never mixes two. In a remote store a read of so many bytes is one request, and reads that
  /// follow each other read ahead. One thread at a time uses it.
  Optional<SeekableByteChannel> open(String key) throws IOException;

  /// Fills a buffer with the bytes from a place on, as far as there are some: one request in a
  /// remote store.
  ///
  /// @return whether there is such a blob
  default boolean read(String key, long from, ByteBuffer to) throws IOException {
    Optional<SeekableByteChannel> open = open(key);
    if (open.isEmpty()) {
      return false;
    }
    try (SeekableByteChannel channel = open.get()) {
      channel.position(from);
      while (to.hasRemaining() && channel.read(to) >= 0) {}
      return true;
    }
  }

  /// A small blob whole: one request in a remote store.
  ///
  /// @param most bytes; of a longer one comes its start
  default Optional<WholeBlob> read(String key, int most) throws IOException {
    Optional<BlobInfo> info = stat(key);
    Optional<SeekableByteChannel> open = info.isEmpty() ? Optional.empty() : open(key);
    return open.isEmpty()
        ? Optional.empty()
        : Optional.of(WholeBlob.of(info.get(), open.get(), most));
  }

  /// How many reads at once fill the way to it: more than there are processors where each waits for
  /// an answer from far.
  default int reads() {
    return 1;
  }

  /// All blobs below a prefix that is made of whole segments; `""` is everything. In no order.
  List<BlobInfo> list(String prefix) throws IOException;

  /// @return whether it was there; always false where the store alone decides what goes
  boolean delete(String key) throws IOException;

  /// Whether [#delete] deletes.
  default boolean deletes() {
    return true;
  }

  /// Keeps a blob from being taken for old: [BlobInfo#modified] is now, or as good as that. A blob
  /// that is gone stays gone. The time is the store's own: those of hosts differ. A saver touches
  /// everything that its new blobs rely on and others published.
  void touch(String key) throws IOException;

  /// What time it is by the store, which its blobs' times are of; empty where it does not tell. It
  /// takes no space: a full store is the one to sweep.
  default Optional<Instant> now() throws IOException {
    return Optional.empty();
  }

  /// Removes uploads begun before a moment and never published.
  ///
  /// @return how many
  int deleteAbandoned(Instant before) throws IOException;
}
