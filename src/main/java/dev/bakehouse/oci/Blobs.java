package dev.bakehouse.oci;

import dev.bakehouse.platform.Scratch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Blobs small enough for memory.
final class Blobs {
  private Blobs() {}

  static void write(Repository repository, Digest digest, byte[] bytes, Progress progress)
      throws IOException {
    write(repository, digest, bytes);
    progress.moved(bytes.length);
  }

  static void write(Repository repository, Digest digest, byte[] bytes) throws IOException {
    Path file = Scratch.file(repository.staging());
    try {
      Files.write(file, bytes);
      repository.writeBlob(digest, file);
    } finally {
      Files.deleteIfExists(file);
    }
  }
}
