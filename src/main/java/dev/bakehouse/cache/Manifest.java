package dev.bakehouse.cache;

import static java.util.Objects.requireNonNull;

import dev.bakehouse.cache.Entry.Address;
import java.time.Instant;

/// What a saved cache is: a wire record, published after its archive.
///
/// @param version 1; a reader takes any other for damaged
/// @param ref a branch, or `pull:NUMBER`
/// @param archive key of the archive in the store
/// @param encoding `tar` or `tar+gzip`
/// @param archiveBytes size of the archive as stored
/// @param sha256 of the archive as stored, hexadecimal
/// @param files files in the cache, hard links included
/// @param bytes what they hold together
record Manifest(
    int version,
    String pipeline,
    String ref,
    String platform,
    String build,
    String step,
    String kind,
    String archive,
    String encoding,
    long archiveBytes,
    String sha256,
    long files,
    long bytes,
    Instant created) {
  static final int VERSION = 1;
  static final String TAR = "tar";
  static final String TAR_GZIP = "tar+gzip";

  Manifest {
    requireNonNull(pipeline, "pipeline");
    requireNonNull(ref, "ref");
    requireNonNull(platform, "platform");
    requireNonNull(build, "build");
    requireNonNull(step, "step");
    requireNonNull(kind, "kind");
    requireNonNull(archive, "archive");
    requireNonNull(encoding, "encoding");
    requireNonNull(sha256, "sha256");
    requireNonNull(created, "created");
  }

  Scope scope() {
    return new Scope(pipeline, Scope.ref(ref), platform);
  }

  static Manifest of(
      Address address,
      String archive,
      String encoding,
      long archiveBytes,
      String sha256,
      long files,
      long bytes,
      Instant created) {
    return new Manifest(
        VERSION,
        address.scope().pipeline(),
        address.scope().ref().text(),
        address.scope().platform(),
        address.build(),
        address.step(),
        address.kind().name(),
        archive,
        encoding,
        archiveBytes,
        sha256,
        files,
        bytes,
        created);
  }

  /// The same archive as another address's cache.
  Manifest at(Address address, Instant now) {
    return of(address, archive, encoding, archiveBytes, sha256, files, bytes, now);
  }
}
