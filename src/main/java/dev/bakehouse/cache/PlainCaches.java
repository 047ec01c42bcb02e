package dev.bakehouse.cache;

import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Scratch;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.TarTree;
import dev.bakehouse.snapshot.TreeSource;
import dev.bakehouse.store.DirectoryStore;
import dev.bakehouse.store.buildkite.AgentArtifacts;
import dev.bakehouse.store.buildkite.Artifact;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/// Caches of a store and, where a build has none there, the plain archives among its artifacts:
/// `ccache-cache.tar.gz`, `zig-local-cache.tar.gz`, `zig-global-cache.tar.gz`, each the contents of
/// one cache directory. Other programs write and read them.
///
/// An archive that is read is first saved as a snapshot on this machine, which refuses what is
/// hostile or cut short; from there it is a cache like all others.
public final class PlainCaches implements CacheStore {
  private final CacheStore own;
  private final AgentArtifacts artifacts;
  private final PlainArchives archives;
  private final Path scratch;
  private final boolean writes;
  private final Map<Entry, CacheStore> imported = new HashMap<>();

  /// @param scratch where this process makes directories of its own
  /// @param writes whether a save leaves the plain archive as well
  public PlainCaches(CacheStore own, AgentArtifacts artifacts, Path scratch, boolean writes) {
    this.own = own;
    this.artifacts = artifacts;
    this.archives = new PlainArchives(artifacts);
    this.scratch = scratch;
    this.writes = writes;
  }

  @Override
  public Saved save(Address address, TreeSource tree, Basis basis) {
    return alsoPlain(own.save(address, tree, basis));
  }

  @Override
  public Saved save(Address address, TarWriter tar, Basis basis) {
    return alsoPlain(own.save(address, tar, basis));
  }

  @Override
  public Optional<Entry> again(Address address, Entry saved) {
    Optional<Entry> again = own.again(address, saved);
    again.ifPresent(this::write);
    return again;
  }

  @Override
  public Stream<Entry> entries(Scope scope, Kind kind) {
    return own.entries(scope, kind);
  }

  @Override
  public Optional<Entry> find(Address address) {
    return own.find(address).or(() -> plain(address));
  }

  @Override
  public Opened open(Entry entry) {
    return imported.getOrDefault(entry, own).open(entry);
  }

  @Override
  public void used(Entry entry) {
    if (!imported.containsKey(entry)) {
      own.used(entry);
    }
  }

  private Optional<Entry> plain(Address address) {
    try {
      Optional<Artifact> archive = archives.find(address);
      return archive.isEmpty() ? Optional.empty() : read(address, archive.get());
    } catch (IOException e) {
      throw new UserError(
          "Could not read "
              + PlainArchives.file(address.kind()).orElse("a plain archive")
              + " of build "
              + address.build()
              + ": "
              + e.getMessage(),
          "Its other caches are not touched by this.",
          e);
    }
  }

  private Optional<Entry> read(Address address, Artifact archive) throws IOException {
    Path place = Scratch.directory(scratch);
    Path file = place.resolve("archive");
    CacheStore here = new SnapshotStore(new DirectoryStore(place.resolve("store")));
    Saved saved;
    try {
      artifacts.download(archive, file);
      try (InputStream tar = PlainArchives.unpacked(file);
          TarTree tree = TarTree.read(tar, place)) {
        saved = here.save(address, tree, Basis.of(address.scope()));
      }
    } catch (IOException | RuntimeException | Error e) {
      Directories.delete(place);
      throw e;
    }
    Files.delete(file);
    saved.entry().ifPresent(entry -> imported.put(entry, here));
    return saved.entry();
  }

  private Saved alsoPlain(Saved saved) {
    saved.entry().ifPresent(this::write);
    return saved;
  }

  private void write(Entry entry) {
    Optional<String> name = PlainArchives.file(entry.address().kind());
    if (!writes || name.isEmpty()) {
      return;
    }
    try {
      Path place = Scratch.directory(scratch);
      try {
        List<String> lost = new ArrayList<>();
        if (!(own.open(entry) instanceof Opened.Whole whole)) {
          throw new IOException("what was just saved can not be read");
        }
        try (InputStream tar = whole.tar(lost::add);
            OutputStream out =
                new GZIPOutputStream(Files.newOutputStream(place.resolve(name.get())), 1 << 16)) {
          tar.transferTo(out);
        }
        if (!lost.isEmpty()) {
          throw new IOException("of what was just saved something is lost: " + lost.getFirst());
        }
        artifacts.upload(place, name.get());
      } finally {
        Directories.delete(place);
      }
    } catch (IOException e) {
      throw new UserError(
          "Saved " + entry.address() + ", but not its plain archive: " + e.getMessage(),
          "Save again, or leave `cache.plain` out.",
          e);
    }
  }
}
