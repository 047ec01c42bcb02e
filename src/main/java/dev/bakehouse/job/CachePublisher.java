package dev.bakehouse.job;

import dev.bakehouse.cache.CacheReport;
import dev.bakehouse.cache.CacheStore;
import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.Entry;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.SnapshotStore;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.VolumeDisks;
import dev.bakehouse.volume.Publications;
import dev.bakehouse.volume.VolumeKey;
import dev.bakehouse.volume.Volumes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.databind.json.JsonMapper;

/// Brings kept generations of cache volumes to the store, after their jobs have ended: in a process
/// that each job starts and does not wait for, and in the host's daemon what such a process left.
public final class CachePublisher {
  /// A generation that could not be brought to the store for so long never will be.
  private static final Duration PATIENCE = Duration.ofDays(7);

  private static final String PIPELINE = "pipeline";
  private static final String REF = "ref";
  private static final String PLATFORM = "platform";
  private static final String BUILD = "build";
  private static final String BASIS = "basis of ";
  private static final JsonMapper JSON = JsonMapper.builder().build();

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

  /// What must be known to publish a job's caches.
  ///
  /// @param basis by kind
  static Map<String, String> about(Scope scope, String build, Map<Kind, Basis> basis) {
    Map<String, String> about = new LinkedHashMap<>();
    about.put(PIPELINE, scope.pipeline());
    about.put(REF, scope.ref().text());
    about.put(PLATFORM, scope.platform());
    about.put(BUILD, build);
    basis.forEach(
        (kind, of) -> about.put(BASIS + kind.name(), JSON.writeValueAsString(Noted.of(of))));
    return about;
  }

  private static Basis basis(Map<String, String> about, Address address) {
    String json = about.get(BASIS + address.kind().name());
    return json == null
        ? Basis.of(address.scope())
        : JSON.readValue(json, Noted.class).basis(address.scope());
  }

  /// A basis as it is written down: all its scopes are of one pipeline and platform.
  private record Noted(List<String> snapshot, long sealed, List<String> refs, boolean mayShrink) {
    static Noted of(Basis basis) {
      return new Noted(
          basis.snapshot().stream().toList(),
          basis.sealed(),
          basis.scopes().stream().map(s -> s.ref().text()).toList(),
          basis.mayShrink());
    }

    Basis basis(Scope own) {
      List<Scope> scopes =
          refs.stream()
              .map(ref -> Scope.parse(own.pipeline() + "/" + ref, own.platform()))
              .toList();
      return new Basis(snapshot.stream().findFirst(), sealed, scopes, mayShrink);
    }
  }

  /// Starts a process for one generation that outlives this one. Should it fail, the daemon goes
  /// on.
  void start(String id) {
    Path log = publications.log(id);
    Command command =
        Command.of(Self.argv("cache", "volumes", "publish", id))
            .and("--config", settings.file().toAbsolutePath().toString());
    Guardian.of(command, settings.state(), log, log.resolveSibling(id + ".pid")).startDetached();
  }

  /// Publishes one generation and looks after its volume.
  ///
  /// @return whether nothing is left to do for it
  public boolean publish(String id) {
    Optional<Publications.Work> taken = publications.take(id);
    if (taken.isEmpty()) {
      return true;
    }
    try (Publications.Work work = taken.get()) {
      return publish(id, work);
    } finally {
      keepHouse(taken.get().publication().key());
    }
  }

  /// Publishes what has been waiting for a while.
  ///
  /// @param since what began to wait later is left to the process of its own
  public void publishWaiting(Duration since) {
    try {
      for (String id : publications.waiting()) {
        if (publications.since(id).plus(since).isBefore(Instant.now())) {
          publish(id);
        }
      }
    } catch (IOException e) {
      say.accept("Caches: could not look for what waits to be saved: " + e.getMessage());
    }
  }

  private boolean publish(String id, Publications.Work work) {
    VolumeKey key = work.publication().key();
    try (Publications.Disk disk = work.open()) {
      Map<String, String> about = work.publication().about();
      Scope scope =
          Scope.parse(about.get(PIPELINE) + "/" + about.get(REF), about.getOrDefault(PLATFORM, ""));
      if (!scope.key().equals(key.scope())) {
        throw new IOException("it is of " + key.scope() + " and not of " + scope);
      }
      Map<String, String> roots = new LinkedHashMap<>();
      for (String name : key.kinds()) {
        Kind kind = Kind.named(name, settings.cache().rule().directories());
        Address address = new Address(scope, about.getOrDefault(BUILD, ""), key.step(), kind);
        save(disk, address, basis(about, address))
            .ifPresent(entry -> roots.put(name, entry.snapshot()));
      }
      work.done(roots);
      return true;
    } catch (IOException | RuntimeException e) {
      boolean over = publications.since(id).plus(PATIENCE).isBefore(Instant.now());
      say.accept(
          "Caches: "
              + (over ? "gave up saving " : "not saved yet, it is tried again: ")
              + key.name()
              + ": "
              + e.getMessage());
      if (over) {
        work.drop();
      }
      return over;
    }
  }

  private Optional<Entry> save(Publications.Disk disk, Address address, Basis basis) {
    long start = System.nanoTime();
    CacheStore store =
        new SnapshotStore(JobStores.of(settings, Map.of()).open(settings.cacheStore()));
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

  /// Merges the files of a volume, and makes room.
  private void keepHouse(VolumeKey key) {
    try {
      Optional<VolumeDisks> disks = Jobs.hypervisor(settings).volumes();
      if (disks.isPresent()) {
        volumes.flatten(key, disks.get());
      }
      volumes
          .prune(settings.cache().volumes())
          .forEach(v -> say.accept("Caches: the volume " + v.name() + " made room for others"));
    } catch (IOException | UserError e) {
      say.accept("Caches: could not look after the volume " + key.name() + ": " + e.getMessage());
    }
  }
}
