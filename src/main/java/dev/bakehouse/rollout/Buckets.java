package dev.bakehouse.rollout;

import dev.bakehouse.platform.Digests;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// A host's place in every rollout: the first eight bytes of the SHA-256 of its name (UTF-8), as an
/// unsigned big-endian number, modulo 100. It never changes, so a host that is in at 10 % is in at
/// 50.
final class Buckets {
  private Buckets() {}

  static int of(String host) {
    byte[] hash = Digests.sha256().digest(host.getBytes(StandardCharsets.UTF_8));
    return (int) Long.remainderUnsigned(ByteBuffer.wrap(hash).getLong(), 100);
  }
}
