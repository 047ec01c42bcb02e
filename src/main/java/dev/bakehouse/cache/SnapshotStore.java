package dev.bakehouse.cache;

import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.Manifests.Stored;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.Draft;
import dev.bakehouse.snapshot.HostTarget;
import dev.bakehouse.snapshot.Malformed;
import dev.bakehouse.snapshot.Node;
import dev.bakehouse.snapshot.Saver;
import dev.bakehouse.snapshot.Snapshot;
import dev.bakehouse.snapshot.TarTree;
import dev.bakehouse.snapshot.TreeSource;
import dev.bakehouse.store.BlobStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Caches as snapshots, named by manifests that are published after them.
public final class SnapshotStore implements CacheStore {
  private final BlobStore blobs;
  private final Manifests manifests;
  private final Clock clock;

  /// Snapshots of which something turned out to have other bytes than were saved.
  private final Set<String> damaged = ConcurrentHashMap.newKeySet();

  public SnapshotStore(BlobStore blobs) {
    this(blobs, Clock.systemUTC());
  }

  public SnapshotStore(BlobStore blobs, Clock clock) {
    this.blobs = blobs;
    this.manifests = new Manifests(blobs);
    this.clock = clock;
  }

  @Override
  public Saved save(Address address, TarWriter tar, Basis basis) {
    try (InputStream in = Pump.start(tar);
        TarTree tree = TarTree.read(in, Path.of(System.getProperty("java.io.tmpdir")))) {
      return save(address, tree, basis);
    } catch (IOException e) {
      throw notSaved(address, e);
    }
  }

  @Override
  public Saved save(Address address, TreeSource source, Basis basis) {
    KindTree tree = new KindTree(source, address.kind(), clock.instant());
    try {
      // What is taken over of a damaged one would stay damaged.
      Optional<Snapshot> parent =
          parent(address, basis).filter(before -> !damaged.contains(before.id()));
      boolean noted = parent.isPresent() && basis.snapshot().equals(parent.map(Snapshot::id));
      Saver saver = new Saver(blobs, parent, added(basis), noted ? basis.sealed() : Node.UNKNOWN);
      try (Draft draft = saver.save(tree)) {
        if (!tree.worth()) {
          return new Saved(Optional.empty(), 0, 0);
        }
        long before = parent.map(p -> p.totals().bytes()).orElse(0L);
        long now = draft.totals().bytes();
        if (!basis.mayShrink() && now + tree.pruned() < before / 2) {
          throw shrunk(address, before, now);
        }
        Draft.Published published = draft.publish();
        Manifest manifest =
            Manifest.of(
                address,
                published.id(),
                published.added() + published.reused(),
                draft.totals().files(),
                now,
                clock.instant());
        Entry entry = publish(address, manifest);
        return new Saved(Optional.of(entry), published.added(), published.reused());
      }
    } catch (IOException e) {
      throw notSaved(address, e);
    }
  }

  /// What the tree probably resembles: what is noted of it, else the newest state of a scope.
  private Optional<Snapshot> parent(Address address, Basis basis) throws IOException {
    List<String> ids = new ArrayList<>(basis.snapshot().stream().toList());
    Optional<Snapshot> noted = first(ids);
    if (noted.isPresent()) {
      return noted;
    }
    for (Scope scope : basis.scopes()) {
      Optional<Snapshot> newest =
          first(entries(scope, address.kind()).stream().limit(3).map(Entry::snapshot).toList());
      if (newest.isPresent()) {
        return newest;
      }
    }
    return Optional.empty();
  }

  private Optional<Snapshot> added(Basis basis) throws IOException {
    return first(basis.added().stream().filter(id -> !damaged.contains(id)).toList());
  }

  private Optional<Snapshot> first(List<String> ids) throws IOException {
    for (String id : ids) {
      try {
        Optional<Snapshot> snapshot = Snapshot.open(blobs, id);
        if (snapshot.isPresent()) {
          return snapshot;
        }
      } catch (Malformed e) {
        // As good as not there.
      }
    }
    return Optional.empty();
  }

  @Override
  public Optional<Entry> again(Address address, Entry saved) {
    try {
      Optional<Manifest> there = manifests.at(saved.address()).map(Stored::manifest);
      if (there.isEmpty() || !whole(there.get().snapshot())) {
        return Optional.empty();
      }
      return Optional.of(publish(address, there.get().at(address, clock.instant())));
    } catch (IOException e) {
      throw notSaved(address, e);
    }
  }

  private boolean whole(String id) throws IOException {
    Optional<Snapshot> snapshot = first(List.of(id));
    return snapshot.isPresent() && snapshot.get().missing().isEmpty();
  }

  private Entry publish(Address address, Manifest manifest) throws IOException {
    manifests.publish(address, manifest);
    return manifest.entry(address, manifest.created());
  }

  @Override
  public List<Entry> entries(Scope scope, Kind kind) {
    return newestFirst(Manifests.kind(scope, kind));
  }

  @Override
  public Optional<Entry> find(Address address) {
    try {
      Optional<Stored> exact = manifests.at(address);
      if (exact.isPresent()) {
        return exact.map(Stored::entry);
      }
    } catch (IOException e) {
      throw notRead(e);
    }
    return newestFirst(Manifests.build(address)).stream().findFirst();
  }

  @Override
  public Opened open(Entry entry) {
    try {
      Optional<Stored> stored = manifests.at(entry.address());
      if (stored.isEmpty()) {
        return new Opened.Damaged("its manifest is gone or damaged");
      }
      Optional<Snapshot> snapshot = Snapshot.open(blobs, stored.get().manifest().snapshot());
      if (snapshot.isEmpty()) {
        return new Opened.Damaged("its snapshot is missing");
      }
      HostTarget.Rules rules = entry.address().kind().rules();
      Optional<String> missing = rules.whole() ? snapshot.get().missing() : Optional.empty();
      if (missing.isPresent()) {
        return new Opened.Damaged(missing.get());
      }
      return new OpenSnapshot(stored.get().entry(), snapshot.get(), blobs, damaged);
    } catch (Malformed e) {
      return new Opened.Damaged(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      return new Opened.Damaged("it can not be read: " + e.getMessage());
    }
  }

  @Override
  public void used(Entry entry) {
    try {
      blobs.touch(Manifests.key(entry.address()));
    } catch (IOException | UserError e) {
      // A store this process may only read; it is used all the same.
    }
  }

  /// Every entry of the store that can be read, newest first.
  public List<Entry> all() {
    return newestFirst(Manifests.ROOT);
  }

  private List<Entry> newestFirst(String prefix) {
    try {
      return manifests.below(prefix).stream()
          .map(Stored::entry)
          .sorted(Comparator.comparing(Entry::created).reversed())
          .toList();
    } catch (IOException e) {
      throw notRead(e);
    }
  }

  private static Refused shrunk(Address address, long before, long now) {
    return new Refused(
        String.format(
            Locale.ROOT,
            "%s is not saved: it has %,d bytes, less than half of the %,d it had before",
            address,
            now,
            before),
        "If that is right, save it with --allow-shrink, or run one build with"
            + " CACHE_STRATEGY=write-only.");
  }

  private UserError notSaved(Address address, IOException e) {
    return new UserError(
        "Could not save " + address + " to " + blobs.url() + ": " + e.getMessage(),
        "The state before it is untouched; see what the message names and save again.",
        e);
  }

  private UserError notRead(IOException e) {
    return new UserError(
        "Could not read the cache store " + blobs.url() + ": " + e.getMessage(),
        "Check that the store is reachable and its files can be read.",
        e);
  }
}
