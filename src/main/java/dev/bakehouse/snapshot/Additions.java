package dev.bakehouse.snapshot;

import dev.bakehouse.snapshot.Node.File;
import java.io.IOException;
import java.io.OutputStream;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The files that one snapshot has and another has not, or with other contents.
///
/// @param snapshot has them
/// @param bytes what they hold together
public record Additions(Snapshot snapshot, Set<String> paths, long bytes) {
  /// Compares the lists; no contents are read. What can not be read of a list counts as not there.
  ///
  /// @param there the other snapshot; empty for nothing
  /// @param wanted paths that are asked for
  public static Additions of(Snapshot snapshot, Optional<Snapshot> there, Predicate<String> wanted)
      throws IOException {
    Set<String> paths = new HashSet<>();
    long bytes = 0;
    try (Workers workers = new Workers(snapshot.blobs())) {
      ShardCursor all = new ShardCursor(snapshot, workers);
      ShardCursor known = there.map(s -> new ShardCursor(s, workers)).orElse(null);
      for (Entry next = all.peek(); next != null; next = all.peek()) {
        all.take();
        @Nullable Entry before = known == null ? null : known.seek(next.node().path());
        boolean other = before == null || !before.sameContent(next);
        if (next.node() instanceof File file && other && wanted.test(file.path())) {
          paths.add(file.path());
          bytes += file.size();
        }
      }
    }
    return new Additions(snapshot, paths, bytes);
  }

  /// Writes them as a tar archive, without directories.
  ///
  /// @return one line for each file that is left out, because it is damaged
  /// @throws IOException when the archive is not complete
  public List<String> write(OutputStream out) throws IOException {
    return new TarTarget(snapshot, HostTarget.Rules.PLAIN, paths::contains).write(out);
  }
}
