package dev.bakehouse.snapshot;

import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// A SHA-256.
record Hash(long a, long b, long c, long d) {
  /// The only value of the algorithm's byte so far.
  static final byte ALGORITHM = 1;

  static final int BYTES = 32;

  private static final ThreadLocal<MessageDigest> DIGEST = ThreadLocal.withInitial(Hash::sha256);

  static Hash of(byte[] bytes, int from, int length) {
    MessageDigest digest = DIGEST.get();
    digest.update(bytes, from, length);
    byte[] result = new byte[BYTES];
    try {
      digest.digest(result, 0, BYTES);
    } catch (DigestException e) {
      throw new IllegalStateException(e);
    }
    return of(ByteBuffer.wrap(result));
  }

  static Hash of(byte[] bytes) {
    return of(bytes, 0, bytes.length);
  }

  /// Of one after the other.
  static Hash of(byte[] first, byte[] second) {
    DIGEST.get().update(first);
    return of(second);
  }

  static Hash of(ByteBuffer from) {
    return new Hash(from.getLong(), from.getLong(), from.getLong(), from.getLong());
  }

  static Hash parse(String hex) {
    return of(ByteBuffer.wrap(HexFormat.of().parseHex(hex)));
  }

  byte[] bytes() {
    return ByteBuffer.allocate(BYTES).putLong(a).putLong(b).putLong(c).putLong(d).array();
  }

  @Override
  public int hashCode() {
    return (int) a;
  }

  /// Hexadecimal.
  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
