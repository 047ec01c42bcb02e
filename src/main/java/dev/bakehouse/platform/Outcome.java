package dev.bakehouse.platform;

import java.nio.charset.StandardCharsets;

/// What an external command came to.
///
/// @param status 0 to 255; a command killed by signal N has 128+N
/// @param out standard output, raw
/// @param err standard error, raw (empty when merged into `out`)
public record Outcome(int status, byte[] out, byte[] err) {
  public boolean ok() {
    return status == 0;
  }

  /// Standard output as UTF-8 without the trailing line end.
  public String text() {
    return new String(out, StandardCharsets.UTF_8).stripTrailing();
  }

  /// The last lines of standard error, or of standard output when that is empty: for an error
  /// message.
  public String complaint() {
    String all = new String(err.length > 0 ? err : out, StandardCharsets.UTF_8).strip();
    return all.length() <= 2000 ? all : "…" + all.substring(all.length() - 2000);
  }
}
