package dev.bakehouse.image;

import dev.bakehouse.platform.Digests;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/// The lines `# bakehouse: checkpoint` of a bootstrap script. By one its author promises: what
/// stands before it need not run again in an image in which it ran, and what follows may run in an
/// image in which an earlier form of what follows ran.
final class Checkpoints {
  static final String MARK = "# bakehouse: checkpoint";

  /// More would not fit into a label.
  private static final int MOST = 100;

  private static final int SHORT = 32;

  private Checkpoints() {}

  /// For each mark, the digest of all up to and with its line.
  static List<String> of(byte[] script) {
    List<String> all = new ArrayList<>();
    MessageDigest hasher = Digests.sha256();
    int start = 0;
    for (int i = 0; i < script.length && all.size() < MOST; i++) {
      if (script[i] == '\n') {
        hasher.update(script, start, i + 1 - start);
        if (new String(script, start, i - start, StandardCharsets.UTF_8).strip().equals(MARK)) {
          all.add(Digests.hex(copy(hasher)).substring(0, SHORT));
        }
        start = i + 1;
      }
    }
    return all;
  }

  private static MessageDigest copy(MessageDigest hasher) {
    try {
      return (MessageDigest) hasher.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("SHA-256 can be cloned in every Java", e);
    }
  }
}
