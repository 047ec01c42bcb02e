package dev.bakehouse.coordinator;

import dev.bakehouse.platform.Digests;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;

/// The bytes of artifacts: `artifacts/ID`, there only when whole and right.
final class ArtifactFiles {
  /// The largest artifact agents may upload.
  static final long LIMIT = 5L << 30;

  private final Path directory;

  interface Source {
    void to(OutputStream out) throws IOException;
  }

  ArtifactFiles(Path state) {
    directory = state.resolve("artifacts");
    try {
      Files.createDirectories(directory);
      // Of uploads that ended with an earlier coordinator.
      try (DirectoryStream<Path> parts = Files.newDirectoryStream(directory, "*.part")) {
        for (Path part : parts) {
          Files.delete(part);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path file(Artifact artifact) {
    return directory.resolve(artifact.id());
  }

  boolean has(Artifact artifact) {
    return Files.exists(file(artifact));
  }

  /// @return the SHA-256, in hexadecimal
  String store(Artifact artifact, Source source) throws IOException {
    Path part = Files.createTempFile(directory, artifact.id(), ".part");
    try {
      MessageDigest digest = Digests.sha256();
      try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
        // A form is parsed byte by byte.
        OutputStream out =
            new BufferedOutputStream(
                new DigestOutputStream(Channels.newOutputStream(channel), digest), 1 << 16);
        source.to(out);
        out.flush();
        channel.force(true);
      }
      String sum = Digests.hex(digest);
      boolean size = Files.size(part) == artifact.fileSize();
      boolean hash = artifact.sha256sum().isEmpty() || artifact.sha256sum().equals(sum);
      if (!size || !hash) {
        throw new HttpError(
            422, "What came of " + artifact.path() + " is not what was announced; send it again");
      }
      Files.move(part, file(artifact), StandardCopyOption.ATOMIC_MOVE);
      try (FileChannel folder = FileChannel.open(directory, StandardOpenOption.READ)) {
        folder.force(true);
      }
      return sum;
    } finally {
      Files.deleteIfExists(part);
    }
  }
}
