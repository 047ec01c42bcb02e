package dev.bakehouse.cache;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// How caches served, beside them in their store: a small blob for each cache and job, named so
/// that later ones sort last: `history/SCOPE/KIND/STEP/TIME-UNIQUE.json`.
public final class CacheHistory {
  static final String ROOT = "history";
  private static final int LARGEST = 1 << 16;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'").withZone(ZoneOffset.UTC);
  private static final Pattern OURS =
      Pattern.compile(ROOT + "/.+/[0-9]{8}T[0-9]{9}Z-[0-9a-f]{8}\\.json");

  private final JsonBlobs<CacheRun> blobs;

  public CacheHistory(BlobStore blobs) {
    this.blobs = new JsonBlobs<>(blobs, CacheRun.class, "the history", LARGEST);
  }

  /// @throws UserError when the store can not be written
  public void add(CacheRun run) {
    String name = TIME.format(run.ended()) + "-" + UUID.randomUUID().toString().substring(0, 8);
    blobs.write(series(run.scope(), run.kind(), run.step()) + "/" + name + ".json", run);
  }

  /// The last runs of one step's cache, newest first.
  ///
  /// @throws UserError when the store can not be read
  public List<CacheRun> last(Scope scope, String kind, String step, int most) {
    return newest(series(scope, kind, step), most).stream().flatMap(List::stream).toList();
  }

  /// Every step's cache with its last runs, newest first.
  ///
  /// @throws UserError when the store can not be read
  public List<List<CacheRun>> all(int most) {
    return newest(ROOT, most);
  }

  /// Removes what is older.
  ///
  /// @throws UserError when the store can not be read or written
  JsonBlobs.Sweep sweep(Instant before) {
    return blobs.sweep(ROOT, OURS, before);
  }

  private List<List<CacheRun>> newest(String prefix, int most) {
    Map<String, List<String>> series =
        blobs.list(prefix).stream()
            .map(BlobInfo::key)
            .sorted(Comparator.reverseOrder())
            .collect(
                Collectors.groupingBy(
                    key -> key.substring(0, key.lastIndexOf('/')),
                    TreeMap::new,
                    Collectors.toList()));
    return series.values().stream()
        .map(keys -> keys.stream().limit(most).flatMap(key -> blobs.read(key).stream()).toList())
        .filter(runs -> !runs.isEmpty())
        .toList();
  }

  private static String series(Scope scope, String kind, String step) {
    return String.join(
        "/", ROOT, scope.key(), SafeName.of(kind), step.isEmpty() ? "_" : SafeName.of(step));
  }
}
