package dev.bakehouse.snapshot;

import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Removes snapshots and packs that nothing needs, beside savers and readers.
///
/// What may be removed is listed first; what is published afterwards is not looked at. Then the
/// caller finds out which snapshots are needed. A saver touches the packs it takes over, so what is
/// young stays, also when it became so since the list was made.
public final class Sweep {
  /// Where earlier versions kept whole archives.
  private static final String ARCHIVES = "archives";

  private final BlobStore blobs;
  private final List<BlobInfo> candidates = new ArrayList<>();

  private Sweep(BlobStore blobs) {
    this.blobs = blobs;
  }

  public static Sweep begin(BlobStore blobs) throws IOException {
    Sweep sweep = new Sweep(blobs);
    for (String prefix : List.of(ARCHIVES, PackId.PREFIX, Root.PREFIX)) {
      sweep.candidates.addAll(blobs.list(prefix));
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

  /// @param freed bytes
  public record Swept(int blobs, long freed) {}

  /// @param needed ids of snapshots
  /// @param before only what was not touched since then goes
  /// @throws IOException when it is not known what a needed snapshot is made of; nothing is removed
  ///   then
  public Swept end(Set<String> needed, Instant before) throws IOException {
    Set<String> live = new HashSet<>();
    for (String id : needed) {
      live.add(Root.key(id));
      live.addAll(packs(id));
    }
    int count = 0;
    long freed = 0;
    for (BlobInfo blob : candidates) {
      boolean old = blob.modified().isBefore(before);
      if (old && !live.contains(blob.key()) && untouched(blob) && blobs.delete(blob.key())) {
        count++;
        freed += blob.size();
      }
    }
    return new Swept(count, freed);
  }

  /// A damaged snapshot needs nothing: nobody can read it.
  private List<String> packs(String id) throws IOException {
    try {
      Optional<Snapshot> snapshot = Snapshot.open(blobs, id);
      return snapshot.stream()
          .flatMap(s -> s.root().packs().keySet().stream())
          .map(PackId::key)
          .toList();
    } catch (OtherVersion e) {
      throw new OtherVersion(Root.key(id) + " can not be understood: " + e.getMessage());
    } catch (Malformed e) {
      return List.of();
    }
  }

  private boolean untouched(BlobInfo blob) throws IOException {
    return blobs.stat(blob.key()).filter(now -> now.modified().equals(blob.modified())).isPresent();
  }
}
