package dev.bakehouse.guest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.interfaces.EdECPrivateKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;

/// An Ed25519 key in OpenSSH's forms.
///
/// @param publicLine `ssh-ed25519 AAAA…`, no comment
/// @param privatePem the unencrypted private key file (openssh-key-v1, OpenSSH's PROTOCOL.key)
public record SshKey(String publicLine, String privatePem) {
  private static final String TYPE = "ssh-ed25519";
  private static final int RAW = 32;

  public static SshKey create() {
    try {
      KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      byte[] spki = pair.getPublic().getEncoded();
      byte[] open = Arrays.copyOfRange(spki, spki.length - RAW, spki.length);
      byte[] seed = ((EdECPrivateKey) pair.getPrivate()).getBytes().orElseThrow();
      return of(open, seed, new SecureRandom().nextInt());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no Ed25519", e);
    }
  }

  private static SshKey of(byte[] open, byte[] seed, int check) {
    byte[] type = ascii(TYPE);
    byte[] publicBlob = Frame.fields(List.of(type, open));
    byte[] both = ByteBuffer.allocate(2 * RAW).put(seed).put(open).array();
    byte[] inner = Frame.fields(List.of(type, open, both, new byte[0]));
    int padding = (8 - (inner.length + 8) % 8) % 8;
    ByteBuffer secret = ByteBuffer.allocate(8 + inner.length + padding);
    secret.putInt(check).putInt(check).put(inner);
    for (int i = 1; i <= padding; i++) {
      secret.put((byte) i);
    }
    byte[] head = Frame.fields(List.of(ascii("none"), ascii("none"), new byte[0]));
    byte[] tail = Frame.fields(List.of(publicBlob, secret.array()));
    byte[] magic = ascii("openssh-key-v1\0");
    ByteBuffer all = ByteBuffer.allocate(magic.length + head.length + 4 + tail.length);
    all.put(magic).put(head).putInt(1).put(tail);
    String body = Base64.getMimeEncoder(70, new byte[] {'\n'}).encodeToString(all.array());
    return new SshKey(
        TYPE + " " + Base64.getEncoder().encodeToString(publicBlob),
        "-----BEGIN OPENSSH PRIVATE KEY-----\n" + body + "\n-----END OPENSSH PRIVATE KEY-----\n");
  }

  /// Writes the private key into a new file only its owner can read.
  public Path save(Path file) throws IOException {
    Files.deleteIfExists(file);
    Set<StandardOpenOption> options =
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    try (var channel = Files.newByteChannel(file, options, mode)) {
      channel.write(ByteBuffer.wrap(ascii(privatePem)));
    }
    return file;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /// Without the private part.
  @Override
  public String toString() {
    return publicLine;
  }
}
