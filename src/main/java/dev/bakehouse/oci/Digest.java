package dev.bakehouse.oci;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
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
    return new Digest(HexFormat.of().formatHex(hasher().digest(bytes)));
  }

  public static Digest of(Path file) throws IOException {
    MessageDigest hasher = hasher();
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        hasher.update(buffer, 0, n);
      }
    }
    return finish(hasher);
  }

  static Digest finish(MessageDigest hasher) {
    return new Digest(HexFormat.of().formatHex(hasher.digest()));
  }

  public static MessageDigest hasher() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return PREFIX + hex;
  }
}
