package dev.bakehouse.store.buildkite;

import dev.bakehouse.platform.Digests;
import dev.bakehouse.store.OtherBytes;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;

/// A file a job left with its build.
///
/// @param build id of the build
/// @param id its own id
/// @param job id of the job
/// @param size in bytes
/// @param created when it was uploaded; it expires by this
/// @param sha1 hexadecimal, as the uploader told it
public record Artifact(
    String build, String id, String path, String job, Instant created, long size, String sha1) {

  /// @param file what came of it
  /// @throws OtherBytes when it is not what the uploader told of
  public void insistOn(Path file) throws IOException {
    String sum = sha1.isEmpty() ? "" : sha1(file);
    if (Files.size(file) != size || !sum.equals(sha1)) {
      throw new OtherBytes(
          "What came of "
              + path
              + " of build "
              + build
              + " is not what was uploaded. Save it again.");
    }
  }

  /// The agent tells no other checksum; whoever keeps blobs by SHA-256 checks that as well.
  private static String sha1(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
        in.transferTo(OutputStream.nullOutputStream());
      }
      return Digests.hex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }
}
