package dev.bakehouse.job;

import dev.bakehouse.platform.RawEnvironment;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// Replaces secret values in a stream with `[REDACTED]`, across any split of the writes.
///
/// Holds back only what may be the start of a secret; [#settle] writes that too.
final class Redactor extends OutputStream {
  private static final byte[] MARK = "[REDACTED]".getBytes(StandardCharsets.US_ASCII);

  /// The agent's own rule: shorter values redact ordinary words.
  private static final int SHORTEST = 6;

  /// What buildkite-agent redacts if not told otherwise (its `--redacted-vars`).
  static final String DEFAULT_GLOBS =
      "*_PASSWORD,*_SECRET,*_TOKEN,*_PRIVATE_KEY,*_ACCESS_KEY,*_SECRET_KEY,*_CONNECTION_STRING";

  private final OutputStream out;
  private final List<byte[]> secrets;
  private byte[] held = new byte[0];

  Redactor(OutputStream out, List<byte[]> secrets) {
    this.out = out;
    List<byte[]> longestFirst =
        new ArrayList<>(secrets.stream().filter(s -> s.length >= SHORTEST).toList());
    longestFirst.sort((a, b) -> Integer.compare(b.length, a.length));
    this.secrets = longestFirst;
  }

  /// The values of the variables whose names match the agent's globs (`*_TOKEN,*_PASSWORD,…`), as
  /// byte strings.
  static List<byte[]> secrets(Map<String, String> env, String globs) {
    return env.entrySet().stream()
        .filter(e -> covers(globs, e.getKey()))
        .map(e -> RawEnvironment.bytes(e.getValue()))
        .toList();
  }

  /// Whether a variable's value is a secret by its name.
  static boolean covers(String globs, String name) {
    return Arrays.stream(globs.split(","))
        .filter(glob -> !glob.isBlank())
        .map(glob -> Pattern.quote(glob.strip()).replace("*", "\\E.*\\Q"))
        .anyMatch(pattern -> Pattern.matches(pattern, name));
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
    if (secrets.isEmpty()) {
      out.write(bytes, offset, length);
      return;
    }
    byte[] all = new byte[held.length + length];
    System.arraycopy(held, 0, all, 0, held.length);
    System.arraycopy(bytes, offset, all, held.length, length);
    int from = 0;
    int at = 0;
    while (at < all.length) {
      int match = matchAt(all, at);
      if (match > 0) {
        out.write(all, from, at - from);
        out.write(MARK);
        at += match;
        from = at;
      } else if (match < 0) {
        break;
      } else {
        at++;
      }
    }
    out.write(all, from, at - from);
    held = Arrays.copyOfRange(all, at, all.length);
  }

  /// The length of the secret at a position, 0 for none, -1 when more bytes are needed to tell.
  private int matchAt(byte[] all, int at) {
    boolean open = false;
    for (byte[] secret : secrets) {
      int most = Math.min(secret.length, all.length - at);
      if (Arrays.equals(secret, 0, most, all, at, at + most)) {
        if (most == secret.length) {
          return open ? -1 : most;
        }
        open = true;
      }
    }
    return open ? -1 : 0;
  }

  @Override
  public void flush() throws IOException {
    out.flush();
  }

  /// Writes what was held back: nothing more comes.
  synchronized void settle() throws IOException {
    out.write(held);
    held = new byte[0];
    out.flush();
  }

  @Override
  public void close() throws IOException {
    settle();
    out.close();
  }
}
