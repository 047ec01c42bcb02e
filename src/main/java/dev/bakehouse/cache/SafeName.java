package dev.bakehouse.cache;

import dev.bakehouse.platform.Digests;
import java.util.regex.Pattern;

/// Any text as one segment of a path, a different one for every text, also where the file system
/// ignores case.
final class SafeName {
  private static final Pattern PLAIN = Pattern.compile("[a-z0-9_][a-z0-9._-]{0,79}");
  private static final Pattern LIKE_HASHED = Pattern.compile(".*-[0-9a-f]{16}");
  private static final int READABLE = 60;
  private static final int HASH = 16;

  private SafeName() {}

  /// Short lower-case names stay as they are. Others get their unsafe characters replaced and a
  /// hash of the whole at the end; so do names that end like one with a hash, for nobody may choose
  /// a branch name that lands on another's.
  static String of(String text) {
    return PLAIN.matcher(text).matches() && !LIKE_HASHED.matcher(text).matches()
        ? text
        : hashed(text, text);
  }

  /// @param shown what a reader should recognise
  /// @param whole what the hash tells apart
  static String hashed(String shown, String whole) {
    String readable = shown.replaceAll("[^A-Za-z0-9._-]", "-").replaceFirst("^[.-]+", "");
    String start = readable.substring(0, Math.min(READABLE, readable.length()));
    return (start.isEmpty() ? "x" : start) + "-" + Digests.hex(whole).substring(0, HASH);
  }
}
