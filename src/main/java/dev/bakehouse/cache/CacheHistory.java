package dev.bakehouse.cache;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.OtherBytes;
import dev.bakehouse.store.Upload;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// How caches served, beside them in their store: a small blob for each cache and job, named so
/// that later ones sort last: `history/SCOPE/KIND/STEP/TIME-UNIQUE.json`.
public final class CacheHistory {
  static final String ROOT = "history";
  private static final int LARGEST = 1 << 16;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'").withZone(ZoneOffset.UTC);
  private static final JsonMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private final BlobStore blobs;

  public CacheHistory(BlobStore blobs) {
    this.blobs = blobs;
  }

  /// @throws UserError when the store can not be written
  public void add(CacheRun run) {
    String name = TIME.format(run.ended()) + "-" + UUID.randomUUID().toString().substring(0, 8);
    try (Upload upload = blobs.upload()) {
      upload.stream().write(JSON.writeValueAsBytes(run));
      upload.publish(series(run.scope(), run.kind(), run.step()) + "/" + name + ".json");
    } catch (IOException e) {
      throw failure("write", e);
    }
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
  /// @return how many runs
  /// @throws UserError when the store can not be read or written
  public int sweep(Instant before) {
    try {
      return blobs.deleteOlder(ROOT, before);
    } catch (IOException e) {
      throw failure("sweep", e);
    }
  }

  private List<List<CacheRun>> newest(String prefix, int most) {
    try {
      Map<String, List<String>> series =
          blobs.list(prefix).stream()
              .map(BlobInfo::key)
              .collect(
                  Collectors.groupingBy(
                      key -> key.substring(0, key.lastIndexOf('/')),
                      TreeMap::new,
                      Collectors.toList()));
      List<List<CacheRun>> all = new ArrayList<>();
      for (List<String> keys : series.values()) {
        keys.sort(Comparator.reverseOrder());
        List<CacheRun> runs = new ArrayList<>();
        for (String key : keys.subList(0, Math.min(most, keys.size()))) {
          read(key).ifPresent(runs::add);
        }
        if (!runs.isEmpty()) {
          all.add(runs);
        }
      }
      return all;
    } catch (IOException e) {
      throw failure("read", e);
    }
  }

  /// What is no run, or is gone meanwhile, is left out.
  private Optional<CacheRun> read(String key) throws IOException {
    Optional<SeekableByteChannel> channel = blobs.open(key);
    if (channel.isEmpty()) {
      return Optional.empty();
    }
    try (InputStream in = Channels.newInputStream(channel.get())) {
      return Optional.of(JSON.readValue(in.readNBytes(LARGEST), CacheRun.class));
    } catch (JacksonException | OtherBytes e) {
      return Optional.empty();
    }
  }

  private static String series(Scope scope, String kind, String step) {
    return String.join(
        "/", ROOT, scope.key(), SafeName.of(kind), step.isEmpty() ? "_" : SafeName.of(step));
  }

  private UserError failure(String what, IOException e) {
    return new UserError(
        "Could not "
            + what
            + " the history in the cache store "
            + blobs.url()
            + ": "
            + e.getMessage(),
        "Check that the store is reachable and its files can be read and written.",
        e);
  }
}
