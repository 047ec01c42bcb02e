package dev.bakehouse.rollout;

import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;

/// Ed25519 keys of a rollout. The private key is a PEM file (PKCS #8) of mode 600, as `openssl
/// genpkey -algorithm ed25519` writes it; the public one is a line of base64 (the DER of its
/// SubjectPublicKeyInfo, PEM without its frame).
public final class Keys {
  private static final String ALGORITHM = "Ed25519";
  private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String END = "-----END PRIVATE KEY-----";

  /// What is signed begins with this, so that no signature of another kind of text fits.
  private static final byte[] DOMAIN = "bakehouse rollout v1\n".getBytes(StandardCharsets.UTF_8);

  private Keys() {}

  /// Writes a new private key.
  ///
  /// @return the public key's line
  public static String generate(Path file) {
    if (Files.exists(file)) {
      throw new UserError(
          "There is already a file " + file, "Name another with --out, or move it away first.");
    }
    try {
      KeyPair pair = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
      String text =
          Base64.getMimeEncoder(64, new byte[] {'\n'})
              .encodeToString(pair.getPrivate().getEncoded());
      String pem = BEGIN + "\n" + text + "\n" + END + "\n";
      Directories.writePrivate(file.toAbsolutePath(), pem.getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(pair.getPublic().getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has Ed25519", e);
    }
  }

  /// Reads a private key that is its owner's alone.
  static PrivateKey load(Path file) {
    try {
      Directories.insistPrivate("The rollout's key", file);
      String body = Files.readString(file).replace(BEGIN, "").replace(END, "");
      return KeyFactory.getInstance(ALGORITHM)
          .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(body)));
    } catch (IOException e) {
      throw new UserError(
          "Could not read the rollout's key " + file + ": " + e,
          "Name it with `image.rollout.key-file` or BAKEHOUSE_ROLLOUT_KEY_FILE, or make one: `bakehouse image rollout keygen`.",
          e);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new UserError(
          file + " does not hold an Ed25519 private key",
          "Make one: `bakehouse image rollout keygen`.",
          e);
    }
  }

  /// @param line of base64
  static PublicKey parse(String line) {
    try {
      return KeyFactory.getInstance(ALGORITHM)
          .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(line.strip())));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new UserError(
          "`image.rollout.public-key` is not an Ed25519 public key: " + line,
          "Copy the line that `bakehouse image rollout keygen` printed.",
          e);
    }
  }

  static String sign(PrivateKey key, byte[] text) {
    try {
      Signature signature = Signature.getInstance(ALGORITHM);
      signature.initSign(key);
      signature.update(DOMAIN);
      signature.update(text);
      return Base64.getEncoder().encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new UserError(
          "Could not sign the rollout document: " + e.getMessage(), "Is the key whole?", e);
    }
  }

  /// Whether one of these keys signed it.
  static boolean signed(List<PublicKey> keys, byte[] text, String signature) {
    for (PublicKey key : keys) {
      try {
        Signature check = Signature.getInstance(ALGORITHM);
        check.initVerify(key);
        check.update(DOMAIN);
        check.update(text);
        if (check.verify(Base64.getDecoder().decode(signature))) {
          return true;
        }
      } catch (GeneralSecurityException | IllegalArgumentException e) {
        // Not by this key.
      }
    }
    return false;
  }
}
