package dev.bakehouse.snapshot;

import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Removes snapshots and packs that nothing needs, beside savers and readers.
///
/// What may be removed is listed first; what is published afterwards is not looked at. Then the
/// caller finds out which snapshots are needed. A saver touches the packs it takes over, so what is
/// young stays, also when it became so since the list was made.
public final class Sweep {
  /// What savers publish. Whatever else lies there is somebody else's.
  private static final Pattern OURS =
      Pattern.compile(PackId.PREFIX + "/[0-9a-f]{32}|" + Root.PREFIX + "/[0-9a-f]{64}");

  private final BlobStore blobs;
  private final Map<String, BlobInfo> candidates = new LinkedHashMap<>();
  private final Map<String, List<String>> known = new HashMap<>();

  private Sweep(BlobStore blobs) {
    this.blobs = blobs;
  }

  public static Sweep begin(BlobStore blobs) throws IOException {
    Sweep sweep = new Sweep(blobs);
    for (String prefix : List.of(PackId.PREFIX, Root.PREFIX)) {
      blobs.list(prefix).stream()
          .filter(blob -> OURS.matcher(blob.key()).matches())
          .forEach(blob -> sweep.candidates.put(blob.key(), blob));
    }
    return sweep;
  }

  /// To be asked for every snapshot that has a name, before anything is removed.
  ///
  /// @param id 64 hexadecimal digits
  /// @throws OtherVersion when this program does not know what it is made of
  public void insistKnown(String id) throws IOException {
    List<String> _ = packs(id);
  }

  /// What the store holds of a snapshot, its root and its packs: keys and bytes. Others may need
  /// some of them as well.
  ///
  /// @throws OtherVersion when this program does not know what it is made of
  public Map<String, Long> parts(String id) throws IOException {
    Map<String, Long> parts = new LinkedHashMap<>();
    for (String key : keys(id)) {
      BlobInfo there = candidates.get(key);
      if (there != null) {
        parts.put(key, there.size());
      }
    }
    return parts;
  }

  /// Whether all of a snapshot was there when the sweep began.
  public boolean whole(String id) throws IOException {
    List<String> packs = packs(id);
    return !packs.isEmpty() && candidates.keySet().containsAll(keys(id));
  }

  /// @param freed bytes
  /// @param left bytes that stay
  /// @param waiting those of them that nothing needs and that are too young to go
  public record Swept(int blobs, long freed, long left, long waiting) {}

  /// @param needed ids of snapshots
  /// @param before only what was not touched since then goes
  /// @throws IOException when it is not known what a needed snapshot is made of; nothing is removed
  ///   then
  public Swept end(Set<String> needed, Instant before) throws IOException {
    Set<String> live = new HashSet<>();
    for (String id : needed) {
      live.addAll(keys(id));
    }
    int count = 0;
    long freed = 0;
    long left = 0;
    long waiting = 0;
    for (BlobInfo blob : candidates.values()) {
      boolean old = blob.modified().isBefore(before);
      boolean needless = !live.contains(blob.key());
      if (old && needless && untouched(blob) && blobs.delete(blob.key())) {
        count++;
        freed += blob.size();
      } else {
        left += blob.size();
        waiting += needless ? blob.size() : 0;
      }
    }
    return new Swept(count, freed, left, waiting);
  }

  private List<String> keys(String id) throws IOException {
    return Stream.concat(Stream.of(Root.key(id)), packs(id).stream()).toList();
  }

  /// A damaged snapshot needs nothing: nobody can read it.
  private List<String> packs(String id) throws IOException {
    List<String> before = known.get(id);
    if (before != null) {
      return before;
    }
    try {
      Optional<Snapshot> snapshot = Snapshot.open(blobs, id);
      if (snapshot.isEmpty()) {
        return List.of();
      }
      List<String> packs =
          snapshot.get().root().packs().keySet().stream().map(PackId::key).map(this::same).toList();
      known.put(id, packs);
      return packs;
    } catch (OtherVersion e) {
      throw new OtherVersion(Root.key(id) + " can not be understood: " + e.getMessage());
    } catch (Malformed e) {
      return List.of();
    }
  }

  /// The same key as one string, for there are many snapshots of the same packs.
  private String same(String key) {
    BlobInfo there = candidates.get(key);
    return there == null ? key : there.key();
  }

  private boolean untouched(BlobInfo blob) throws IOException {
    return blobs.stat(blob.key()).filter(now -> now.modified().equals(blob.modified())).isPresent();
  }
}
