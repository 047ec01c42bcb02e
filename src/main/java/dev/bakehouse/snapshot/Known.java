package dev.bakehouse.snapshot;

import dev.bakehouse.snapshot.Node.File;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a directory's seal tells of its files' contents, asked in the order of their paths.
final class Known {
  private final @Nullable ShardCursor cursor;
  private final long moment;

  private Known(@Nullable ShardCursor cursor, long moment) {
    this.cursor = cursor;
    this.moment = moment;
  }

  /// @param wanted the snapshot that is to be restored; the seal's may be another one
  static Known of(Snapshot wanted, Optional<Seal.State> seal, Workers workers) throws IOException {
    if (seal.isEmpty()) {
      return new Known(null, 0);
    }
    Optional<Snapshot> sealed;
    try {
      sealed = Snapshot.open(wanted.blobs(), seal.get().snapshot());
    } catch (Malformed e) {
      sealed = Optional.empty();
    }
    return new Known(
        sealed.map(s -> new ShardCursor(s, workers)).orElse(null), seal.get().moment());
  }

  /// The node of the sealed snapshot whose content a file has; null when that is not known.
  @Nullable Entry content(File there) throws IOException {
    if (cursor == null) {
      return null;
    }
    Entry entry = cursor.seek(there.path());
    boolean same =
        entry != null
            && entry.node() instanceof File file
            && file.size() == there.size()
            && file.mtime() == there.mtime()
            && there.ctime() < moment;
    return same ? entry : null;
  }
}
