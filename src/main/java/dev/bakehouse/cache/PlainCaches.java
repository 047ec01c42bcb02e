package dev.bakehouse.cache;

import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
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
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/// Caches of a store and, where a build has none there, the plain archives among its artifacts:
/// `ccache-cache.tar.gz`, `zig-local-cache.tar.gz`, `zig-global-cache.tar.gz`, each the contents of
/// one cache directory. Other programs write and read them.
///
/// An archive that is read is first saved as a snapshot on this machine, which refuses what is
/// hostile or cut short; from there it is a cache like all others.
public final class PlainCaches implements CacheStore {
  private static final String SUFFIX = "-cache.tar.gz";

  /// What gzip can make of its largest artifact is more than any cache; a bomb ends here, or where
  /// it would take more than its share of the room: it is laid down as it is, then as a snapshot.
  private static final long LARGEST = 64L << 30;

  private static final int SHARE = 4;

  private final CacheStore own;
  private final AgentArtifacts artifacts;
  private final boolean writes;
  private final Map<Entry, CacheStore> imported = new HashMap<>();

  /// @param writes whether a save leaves the plain archive as well
  public PlainCaches(CacheStore own, AgentArtifacts artifacts, boolean writes) {
    this.own = own;
    this.artifacts = artifacts;
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
  public List<Entry> entries(Scope scope, Kind kind) {
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

  static Optional<String> file(Kind kind) {
    return switch (kind.contents()) {
      case CCACHE, ZIG -> Optional.of(kind.name() + SUFFIX);
      case BUN, PLAIN -> Optional.empty();
    };
  }

  private Optional<Entry> plain(Address address) {
    Optional<String> name = file(address.kind());
    if (name.isEmpty()) {
      return Optional.empty();
    }
    try {
      Optional<Artifact> newest = artifacts.find(address.build(), name.get()).stream().findFirst();
      return newest.isEmpty() ? Optional.empty() : read(address, newest.get());
    } catch (IOException e) {
      throw new UserError(
          "Could not read " + name.get() + " of build " + address.build() + ": " + e.getMessage(),
          "Its other caches are not touched by this.",
          e);
    }
  }

  /// The place on this machine is removed when the program ends.
  private Optional<Entry> read(Address address, Artifact archive) throws IOException {
    Path place = Files.createTempDirectory("bakehouse-plain");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> Directories.delete(place)));
    Path file = place.resolve("archive");
    artifacts.download(archive, file);
    CacheStore here = new SnapshotStore(new DirectoryStore(place.resolve("store")));
    Saved saved;
    long most = Math.min(LARGEST, Files.getFileStore(place).getUsableSpace() / SHARE);
    try (InputStream tar = new GZIPInputStream(Files.newInputStream(file), 1 << 16)) {
      saved = here.save(address, out -> copy(tar, out, most), Basis.of(address.scope()));
    } finally {
      Files.delete(file);
    }
    saved.entry().ifPresent(entry -> imported.put(entry, here));
    return saved.entry();
  }

  private static void copy(InputStream in, OutputStream out, long most) throws IOException {
    byte[] buffer = new byte[1 << 16];
    long size = 0;
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      size += count;
      if (size > most) {
        throw new IOException("it unpacks to more than " + most + " bytes");
      }
      out.write(buffer, 0, count);
    }
  }

  private Saved alsoPlain(Saved saved) {
    saved.entry().ifPresent(this::write);
    return saved;
  }

  private void write(Entry entry) {
    Optional<String> name = file(entry.address().kind());
    if (!writes || name.isEmpty()) {
      return;
    }
    try {
      Path place = Files.createTempDirectory("bakehouse-plain");
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
