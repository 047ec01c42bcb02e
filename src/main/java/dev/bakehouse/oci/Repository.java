package dev.bakehouse.oci;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/// One repository of images: a registry's, or a layout in a directory. A selector is a tag or a
/// digest (`sha256:…`).
///
/// Every method throws [RegistryError] of the fitting kind; absence is never reported as a fault of
/// the network or the other way round.
public interface Repository {
  /// For messages: `ghcr.io/o/r` or `oci:DIR`.
  String name();

  /// The digest a manifest has now, without reading the image; empty when it does not exist.
  Optional<Digest> head(String selector);

  /// @throws RegistryError.Absent when it does not exist
  /// @throws CorruptData when it was asked for by digest and has another
  Manifest manifest(String selector);

  boolean hasBlob(Digest digest);

  /// Whether it has a blob of an image that it has: a registry sees to that by itself.
  default boolean keeps(Descriptor blob) {
    return true;
  }

  /// Like [#hasBlob(Digest)], and as large as it must be.
  default boolean hasBlob(Descriptor blob) {
    return hasBlob(blob.digest());
  }

  /// What of it can not be read, and is made anew by the next manifest; in words.
  default Optional<String> damage() {
    return Optional.empty();
  }

  /// A blob's bytes from an offset on, not yet verified.
  InputStream blob(Digest digest, long from) throws IOException;

  /// A part of a blob, not verified: exactly `length` bytes unless the blob is shorter. Nothing
  /// beyond it is transferred.
  InputStream blob(Digest digest, long from, long length) throws IOException;

  /// Told when bytes read of a blob had not its digest.
  ///
  /// @return whether they came from a place that is not asked again: then it is worth reading anew
  default boolean distrust(Digest digest) {
    return false;
  }

  /// Makes a blob of another repository of the same registry this one's, without moving its bytes.
  ///
  /// @param from the other repository's [#name]
  /// @return false when that can not be done here; the blob must then be written
  boolean mount(Digest digest, String from);

  /// Stores a file whose bytes have this digest; does nothing when it is there. The file may be
  /// moved away.
  default void writeBlob(Digest digest, Path file) throws IOException {
    writeBlob(digest, file, _ -> {});
  }

  /// @param reached hears the offset in the file behind the bytes that were last handed over; when
  ///   a broken attempt is followed by another, that begins at a lower one; nothing when the blob
  ///   is there
  void writeBlob(Digest digest, Path file, LongConsumer reached) throws IOException;

  /// Stores a manifest under a tag; its blobs must be there.
  void putManifest(Manifest manifest, String tag);

  List<String> tags();

  /// A directory where files for [#writeBlob] are best made.
  Path staging() throws IOException;
}
