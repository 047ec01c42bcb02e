package dev.bakehouse.cli;

import dev.bakehouse.cache.Entry;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The answer of `cache save` and `cache restore`.
///
/// @param files in the cache
/// @param bytes what they hold together
/// @param added bytes that were moved
/// @param reused bytes that were there already
/// @param source the build the cache belongs to; null when nothing was moved
/// @param why one line for people
record CacheMoved(
    String kind,
    long files,
    long bytes,
    long added,
    long reused,
    double seconds,
    @Nullable String source,
    String why) {

  static CacheMoved nothing(String kind, double seconds, String why) {
    return new CacheMoved(kind, 0, 0, 0, 0, seconds, null, why);
  }

  static CacheMoved of(Entry entry, long added, long reused, double seconds, String why) {
    return new CacheMoved(
        entry.address().kind().name(),
        entry.files(),
        entry.bytes(),
        added,
        reused,
        seconds,
        entry.address().build(),
        why);
  }

  String text() {
    return source == null
        ? kind + ": " + why
        : String.format(
            Locale.ROOT,
            "%s: %s: %,d files, %,d bytes in %.1f s",
            kind,
            why,
            files,
            bytes,
            seconds);
  }
}
