package dev.bakehouse.cache;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What happened to one cache of one step.
///
/// @param kind its name
/// @param source the build it was restored from or saved for; null when nothing was moved
/// @param files files restored or saved
/// @param bytes what they hold together
/// @param why one line: where from, or the reason nothing was moved
public record CacheReport(
    String kind, @Nullable String source, long files, long bytes, double seconds, String why) {

  public static CacheReport nothing(Kind kind, double seconds, String why) {
    return new CacheReport(kind.name(), null, 0, 0, seconds, why);
  }

  public static double since(long nanoTime) {
    return (System.nanoTime() - nanoTime) / 1e9;
  }

  /// A line for the log.
  @Override
  public String toString() {
    return source == null
        ? kind + ": " + why
        : String.format(
            Locale.ROOT, "%s: %,d files, %,d bytes, %.1f s, %s", kind, files, bytes, seconds, why);
  }
}
