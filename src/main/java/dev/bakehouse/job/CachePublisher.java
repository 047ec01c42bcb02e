package dev.bakehouse.job;

import dev.bakehouse.cache.CacheReport;
import dev.bakehouse.cache.CacheStore;
import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.Entry;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Refused;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.SnapshotStore;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.VolumeDisks;
import dev.bakehouse.volume.Publication;
import dev.bakehouse.volume.Publications;
import dev.bakehouse.volume.Unreadable;
import dev.bakehouse.volume.VolumeKey;
import dev.bakehouse.volume.VolumeSpace;
import dev.bakehouse.volume.Volumes;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Brings kept generations of cache volumes to the store, after their jobs have ended.
public final class CachePublisher {
  /// A generation that could not be brought to the store for so long never will be.
  private static final Duration PATIENCE = Duration.ofDays(7);

  private final HostSettings settings;
  private final Consumer<String> say;
  private final Volumes volumes;
  private final Publications publications;

  /// @param say gets a line for each thing worth reading
  public CachePublisher(HostSettings settings, Consumer<String> say) {
    this.settings = settings;
    this.say = say;
    this.volumes = new Volumes(settings.state());
    this.publications = new Publications(volumes);
  }

  /// Publishes one generation and looks after its volume.
  ///
  /// @return whether nothing is left to do for it here
  public boolean publish(Publications.Waiting waiting) {
    Optional<Publications.Work> taken = publications.take(waiting);
    if (taken.isEmpty()) {
      return true;
    }
    try (Publications.Work work = taken.get()) {
      return publish(waiting, work);
    } finally {
      makeRoom();
    }
  }

  private boolean publish(Publications.Waiting waiting, Publications.Work work) {
    String name = waiting.id();
    try {
      Publication publication = work.publication();
      name = publication.key().name();
      Map<String, String> roots = save(work, publication);
      work.done(roots);
      merge(publication.key());
      return true;
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      boolean over = waiting.since().plus(PATIENCE).isBefore(Instant.now());
      boolean never =
          e instanceof Refused || e instanceof OutOfMemoryError || Unreadable.caused(e) || over;
      say.accept(
          "Caches: "
              + (never ? "not saved, and given up: " : "not saved yet, it is tried again: ")
              + name
              + ": "
              + e.getMessage());
      return never && dropped(work, Unreadable.caused(e));
    }
  }

  private boolean dropped(Publications.Work work, boolean unreadable) {
    try {
      if (unreadable) {
        work.dropWithVolume();
      } else {
        work.drop();
      }
      return true;
    } catch (IOException e) {
      say.accept("Caches: could not remove what is given up: " + e.getMessage());
      return false;
    }
  }

  /// @return by kind, what the store has now: an empty text where there was nothing to save;
  ///   without what it refused
  private Map<String, String> save(Publications.Work work, Publication publication)
      throws IOException {
    VolumeKey key = publication.key();
    PublishOrder order = PublishOrder.read(publication.about());
    Scope scope = order.scope();
    if (!scope.key().equals(key.scope())) {
      throw new Refused("it is of " + key.scope() + " and not of " + scope);
    }
    CacheStore store =
        new SnapshotStore(JobStores.of(settings, Map.of()).open(settings.cacheStore()));
    Map<String, String> roots = new LinkedHashMap<>();
    try (Publications.Disk disk = work.open()) {
      for (String name : key.kinds()) {
        try {
          Kind kind = kind(name);
          Address address = new Address(scope, order.build(), key.step(), kind);
          Optional<Entry> entry = save(store, disk, address, order.basis(kind));
          roots.put(name, entry.map(Entry::snapshot).orElse(""));
        } catch (Refused e) {
          say.accept("Caches: " + name + " is not saved: " + e.getMessage());
        }
      }
    }
    return roots;
  }

  private Kind kind(String name) {
    try {
      return Kind.named(name, settings.cache().rule().directories());
    } catch (UserError e) {
      throw new Refused(String.valueOf(e.getMessage()));
    }
  }

  private Optional<Entry> save(
      CacheStore store, Publications.Disk disk, Address address, Basis basis) {
    long start = System.nanoTime();
    Kind kind = address.kind();
    CacheStore.Saved saved = store.save(address, disk.tree(kind.path()), basis);
    double seconds = CacheReport.since(start);
    CacheReport report =
        saved
            .entry()
            .map(
                e ->
                    new CacheReport(
                        kind.name(),
                        address.build(),
                        e.files(),
                        e.bytes(),
                        seconds,
                        "as " + address.scope() + ", " + saved.added() + " bytes new"))
            .orElseGet(() -> CacheReport.nothing(kind, seconds, "not saved: it is empty"));
    say.accept("Saved " + report);
    return saved.entry();
  }

  /// Merges the files of a volume when they have become many.
  private void merge(VolumeKey key) {
    try {
      Optional<VolumeDisks> disks = Jobs.hypervisor(settings).volumes();
      if (disks.isPresent()) {
        volumes.flatten(key, disks.get());
      }
    } catch (IOException | UserError e) {
      say.accept("Caches: could not merge the volume " + key.name() + ": " + e.getMessage());
    }
  }

  /// What waits may take up half of what volumes may, beside it.
  private void makeRoom() {
    try {
      VolumeSpace space = new VolumeSpace(volumes);
      long budget = settings.cache().volumes();
      space
          .pruneWaiting(budget / 2)
          .forEach(id -> say.accept("Caches: " + id + " waited to be saved, and made room"));
      space
          .prune(budget)
          .forEach(v -> say.accept("Caches: the volume " + v.name() + " made room for others"));
    } catch (UserError e) {
      say.accept(e.getMessage() + " " + e.remedy());
    }
  }
}
