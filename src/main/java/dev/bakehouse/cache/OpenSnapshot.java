package dev.bakehouse.cache;

import dev.bakehouse.snapshot.Additions;
import dev.bakehouse.snapshot.HostTarget;
import dev.bakehouse.snapshot.Malformed;
import dev.bakehouse.snapshot.Restored;
import dev.bakehouse.snapshot.Snapshot;
import dev.bakehouse.snapshot.TarTarget;
import dev.bakehouse.store.BlobStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/// A saved cache that is a snapshot.
///
/// @param damaged takes its id when something of it turns out to have other bytes than were saved
record OpenSnapshot(Entry entry, Snapshot snapshot, BlobStore blobs, Set<String> damaged)
    implements CacheStore.Opened.Whole {
  @Override
  public InputStream tar(Consumer<String> lost) throws IOException {
    return Pump.start(
        out -> noting(() -> new TarTarget(snapshot, rules()).write(out), l -> l).forEach(lost));
  }

  @Override
  public Restored restore(Path directory, boolean replace) throws IOException {
    ReplaceGuard.check(directory, entry.address().kind(), replace);
    return noting(() -> new HostTarget(directory, rules()).restore(snapshot), Restored::lost);
  }

  @Override
  public Optional<CacheStore.More> beyond(String there) throws IOException {
    Optional<Snapshot> before = there.isEmpty() ? Optional.empty() : Snapshot.open(blobs, there);
    if (before.isEmpty() && !there.isEmpty()) {
      return Optional.empty();
    }
    Additions more = Additions.of(snapshot, before, entry.address().kind()::worthSaving);
    return Optional.of(
        new CacheStore.More(
            entry,
            more.paths().size(),
            more.bytes(),
            out -> noting(() -> more.write(out), lost -> lost)));
  }

  private HostTarget.Rules rules() {
    return entry.address().kind().rules();
  }

  private interface Reading<T> {
    T read() throws IOException;
  }

  private <T> T noting(Reading<T> reading, Function<T, List<String>> lost) throws IOException {
    try {
      T result = reading.read();
      if (!lost.apply(result).isEmpty()) {
        distrust();
      }
      return result;
    } catch (Malformed e) {
      distrust();
      throw e;
    }
  }

  /// What is missing a save sees for itself.
  private void distrust() throws IOException {
    if (snapshot.missing().isEmpty()) {
      damaged.add(snapshot.id());
    }
  }
}
