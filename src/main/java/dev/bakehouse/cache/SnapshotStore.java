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
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

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
      Optional<Parent> like =
          parent(address, basis).filter(p -> !damaged.contains(p.snapshot().id()));
      Optional<Snapshot> parent = like.map(Parent::snapshot);
      boolean noted = parent.isPresent() && basis.snapshot().equals(parent.map(Snapshot::id));
      Saver saver = new Saver(blobs, parent, added(basis), noted ? basis.sealed() : Node.UNKNOWN);
      try (Draft draft = saver.save(tree)) {
        if (!tree.worth()) {
          return new Saved(Optional.empty(), 0, 0);
        }
        long before = like.filter(Parent::own).map(p -> p.snapshot().totals().bytes()).orElse(0L);
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

  /// @param own whether it is an earlier state of the same cache: where that is much smaller now,
  ///   something went wrong
  private record Parent(Snapshot snapshot, boolean own) {}

  /// What the tree probably resembles: what is noted of it, else the newest state that the same
  /// step saved, else any other's.
  private Optional<Parent> parent(Address address, Basis basis) throws IOException {
    Optional<Snapshot> noted = first(basis.snapshot().stream().toList());
    if (noted.isPresent()) {
      return noted.map(snapshot -> new Parent(snapshot, true));
    }
    String name = "/" + Manifests.name(address);
    List<List<BlobInfo>> listed = new ArrayList<>();
    for (Scope scope : basis.scopes()) {
      List<BlobInfo> saved = blobs.list(Manifests.kind(scope, address.kind()));
      Optional<Snapshot> own =
          newest(saved.stream().filter(blob -> blob.key().endsWith(name)).toList());
      if (own.isPresent()) {
        return own.map(snapshot -> new Parent(snapshot, true));
      }
      listed.add(saved);
    }
    for (List<BlobInfo> saved : listed) {
      Optional<Snapshot> other = newest(saved);
      if (other.isPresent()) {
        return other.map(snapshot -> new Parent(snapshot, false));
      }
    }
    return Optional.empty();
  }

  private Optional<Snapshot> newest(List<BlobInfo> saved) throws IOException {
    return first(newestFirst(saved).limit(3).map(Entry::snapshot).toList());
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
  public Stream<Entry> entries(Scope scope, Kind kind) {
    return below(Manifests.kind(scope, kind));
  }

  @Override
  public Optional<Entry> find(Address address) {
    try {
      Optional<Stored> exact = manifests.at(address);
      if (exact.isPresent()) {
        return exact.map(Stored::entry);
      }
    } catch (IOException e) {
      throw StoreFailure.of("read", blobs, e);
    }
    return Step.parse(address.step()).among(below(Manifests.build(address)).toList());
  }

  @Override
  public Opened open(Entry entry) {
    try {
      Optional<Snapshot> snapshot = Snapshot.open(blobs, entry.snapshot());
      if (snapshot.isEmpty()) {
        return new Opened.Damaged("its snapshot is missing");
      }
      HostTarget.Rules rules = entry.address().kind().rules();
      Optional<String> missing = rules.whole() ? snapshot.get().missing() : Optional.empty();
      if (missing.isPresent()) {
        return new Opened.Damaged(missing.get());
      }
      return new OpenSnapshot(entry, snapshot.get(), blobs, damaged);
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
    return below(Manifests.ROOT).toList();
  }

  private Stream<Entry> below(String prefix) {
    try {
      return newestFirst(blobs.list(prefix));
    } catch (IOException e) {
      throw StoreFailure.of("read", blobs, e);
    }
  }

  private Stream<Entry> newestFirst(List<BlobInfo> saved) {
    return NewestFirst.of(saved, this::entry);
  }

  private Optional<Entry> entry(BlobInfo manifest) {
    try {
      return manifests.read(manifest.key()).map(Stored::entry);
    } catch (IOException e) {
      throw StoreFailure.of("read", blobs, e);
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
}
