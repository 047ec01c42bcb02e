package dev.bakehouse.oci;

import dev.bakehouse.platform.Digests;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.regex.Pattern;

/// A SHA-256 of some bytes, as OCI writes it: `sha256:` and 64 lower-case hex digits.
public record Digest(String hex) {
  private static final String PREFIX = "sha256:";
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

  public Digest {
    if (!HEX.matcher(hex).matches()) {
      throw new UserError(
          "`" + hex + "` is not a SHA-256 in hex",
          "A digest is written sha256: and 64 digits 0-9a-f.");
    }
  }

  public static Digest parse(String text) {
    if (!text.startsWith(PREFIX)) {
      throw new UserError(
          "The digest `" + text + "` is not of a known kind", "Only sha256:HEX is understood.");
    }
    return new Digest(text.substring(PREFIX.length()));
  }

  static boolean looksLike(String text) {
    return text.startsWith(PREFIX);
  }

  public static Digest of(byte[] bytes) {
    MessageDigest hasher = Digests.sha256();
    hasher.update(bytes);
    return finish(hasher);
  }

  public static Digest of(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return finish(Digests.sha256(in));
    }
  }

  static Digest finish(MessageDigest hasher) {
    return new Digest(Digests.hex(hasher));
  }

  @Override
  public String toString() {
    return PREFIX + hex;
  }
}
