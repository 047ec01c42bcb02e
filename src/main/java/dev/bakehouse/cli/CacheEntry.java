package dev.bakehouse.cli;

import dev.bakehouse.cache.Entry;
import dev.bakehouse.platform.Posix;
import java.util.Locale;

/// One saved cache in the answers of `cache list` and `cache show`.
///
/// @param stored bytes it takes in the store
/// @param created ISO 8601, as is `used`
record CacheEntry(
    String pipeline,
    String ref,
    String platform,
    String kind,
    String build,
    String step,
    long files,
    long bytes,
    long stored,
    String created,
    String used) {

  static CacheEntry of(Entry entry) {
    Entry.Address address = entry.address();
    return new CacheEntry(
        address.scope().pipeline(),
        address.scope().ref().text(),
        address.scope().platform(),
        address.kind().name(),
        address.build(),
        address.step(),
        entry.files(),
        entry.bytes(),
        entry.stored(),
        entry.created().toString(),
        entry.used().toString());
  }

  String text() {
    String of = step.isEmpty() ? "" : " step " + Posix.shown(step);
    return String.format(
        Locale.ROOT,
        "%s/%s %s %s build %s%s: %,d files, %,d bytes, saved %s, used %s",
        pipeline,
        ref,
        platform,
        kind,
        Posix.shown(build),
        of,
        files,
        bytes,
        created,
        used);
  }
}
