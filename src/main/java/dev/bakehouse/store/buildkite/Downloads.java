package dev.bakehouse.store.buildkite;

import dev.bakehouse.platform.Directories;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Artifacts as files without a name: they are gone when they are closed, or their reader dies.
final class Downloads {
  private Downloads() {}

  /// @throws IOException also when the bytes are not those the uploader told of
  static SeekableByteChannel open(Artifacts artifacts, Artifact artifact) throws IOException {
    Path dir = Files.createTempDirectory("bakehouse-artifact");
    try {
      Path file = dir.resolve("blob");
      artifacts.download(artifact, file);
      check(artifact, file);
      return Files.newByteChannel(file);
    } finally {
      Directories.delete(dir);
    }
  }

  private static void check(Artifact artifact, Path file) throws IOException {
    String sum = artifact.sha1().isEmpty() ? "" : sha1(file);
    if (Files.size(file) != artifact.size() || !sum.equals(artifact.sha1())) {
      throw new IOException(
          "What came of "
              + artifact.path()
              + " of build "
              + artifact.build()
              + " is not what was uploaded. Try again.");
    }
  }

  /// The agent tells no other checksum; whoever keeps blobs by SHA-256 checks that as well.
  private static String sha1(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
        in.transferTo(OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }
}
