package dev.bakehouse.job;

import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.CachePaths;
import dev.bakehouse.cache.CacheReport;
import dev.bakehouse.cache.CacheStats;
import dev.bakehouse.cache.CacheStore;
import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.GuestTree;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Packing;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.SnapshotStore;
import dev.bakehouse.cache.Sources;
import dev.bakehouse.cache.StepCaches;
import dev.bakehouse.cache.StepRule.Decision;
import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.Node;
import dev.bakehouse.snapshot.TreeSource;
import dev.bakehouse.store.StoreUrl;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.volume.Taken;
import dev.bakehouse.volume.Volume;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The caches of one job: brought into the guest before its work, taken out after it passed. The
/// guest never sees the store.
final class JobCaches {
  /// Where a step may leave its tools' own figures: `{"kind","hits","misses"}` in each file.
  static final String STATS = "bakehouse-stats";

  private final Phases phases;
  private final Decision decision;
  private final StepCaches caches;
  private final Path cachePath;
  private final Map<String, CacheReport> restored = new LinkedHashMap<>();
  private final List<CacheStats> stats = new ArrayList<>();
  private final HostSettings settings;
  private final JobIdentity identity;
  private final Access access;
  private final Optional<JobVolume> volume;
  private long begun = Node.UNKNOWN;
  private Optional<JobVolume.Sealed> sealed = Optional.empty();

  /// @param system of the guest
  JobCaches(
      Job job,
      HostSettings settings,
      Checkout checkout,
      Hypervisor hypervisor,
      GuestSystem system,
      Phases phases) {
    this.phases = phases;
    this.settings = settings;
    Map<String, String> env = job.texts();
    identity = JobIdentity.of(env);
    String platform = CachePaths.platform(system.name(), System.getProperty("os.arch"), env);
    access = Access.of(identity, platform);
    decision = settings.cache().rule().decide(job.stepKey(), env);
    CacheStore store = new SnapshotStore(StoreUrl.open(settings.cacheStore(), settings.state()));
    Sources sources =
        JobSources.of(
            store,
            settings.cache().rule(),
            new JobSources.Api(settings.file(), settings.apiUrl(), settings.apiTokenFile()),
            env,
            access,
            checkout::distance);
    caches = new StepCaches(store, sources, access, identity, decision, phases::say);
    cachePath =
        CachePaths.cachePath(
            Path.of(new GuestPaths(system).cacheRoot()),
            job.text("BUILDKITE_PIPELINE_SLUG"),
            identity.branch(),
            platform);
    volume =
        system == GuestSystem.LINUX
            ? JobVolume.of(settings, hypervisor, access, decision, identity, cachePath, phases)
            : Optional.empty();
  }

  /// Gives the job's cache volume to a VM that has not started.
  void attach(Vm vm) {
    volume.ifPresent(v -> v.attach(vm));
  }

  /// Brings the caches in.
  ///
  /// @return variables for the job, byte strings
  Map<String, String> restore(Machine machine) {
    boolean mounted =
        volume.isPresent() && phases.timed(Phase.ATTACH, () -> volume.get().mount(machine));
    Optional<Volume> generation = volume.filter(_ -> mounted).flatMap(JobVolume::from);
    List<CacheReport> reports =
        generation.isPresent()
            ? onVolume(generation.get())
            : phases.timed(mounted ? Phase.FILL : Phase.CACHE, () -> carryIn(machine));
    reports.forEach(r -> restored.put(r.kind(), r));
    Instant now = machine.control().time();
    begun = now.getEpochSecond() * 1_000_000_000L;
    Map<String, String> env = new LinkedHashMap<>();
    env.put("CACHE_PATH", RawEnvironment.raw(cachePath.toString()));
    env.put("CACHE_STRATEGY", decision.strategy().forCmake());
    return env;
  }

  private List<CacheReport> carryIn(Machine machine) {
    return caches.restore(
        (kind, of, tar) ->
            machine.run(
                Packing.unpack(kind, kind.under(cachePath).toString(), of),
                tar,
                OutputStream.nullOutputStream()));
  }

  private List<CacheReport> onVolume(Volume generation) {
    String why = "on the volume, " + generation.shown();
    phases.say("Caches: " + why + ", as build " + generation.build() + " left it");
    return generation.key().kinds().stream()
        .map(kind -> new CacheReport(kind, generation.build(), 0, 0, 0, why))
        .toList();
  }

  /// Reads the figures the step left in its checkout.
  void collect(Machine machine, String checkout) {
    String script = "cd -- \"$1\" 2>/dev/null && cat " + STATS + "/*.json 2>/dev/null || true";
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      machine.run(
          List.of("sh", "-c", script, "stats", checkout), InputStream.nullInputStream(), out);
      String text = out.toString(StandardCharsets.UTF_8);
      if (!text.isBlank()) {
        stats.addAll(CacheStats.ofJson("[" + text.strip().replaceAll("\\}\\s*\\{", "},{") + "]"));
      }
    } catch (UserError | IOException e) {
      phases.say("Caches: no figures: " + e.getMessage());
    }
  }

  /// Takes the caches out, or lets the guest let go of the volume they are on. The job has passed.
  void save(Machine machine) {
    if (volume.filter(JobVolume::mounted).isPresent()) {
      volume.get().seal(machine);
      sealed = volume.get().take(machine.vm());
    } else {
      carryOut(machine);
    }
  }

  /// Keeps the volume as the next generation, once the VM is gone and its slot is free. Bringing it
  /// to the store is left to a process that the job does not wait for.
  void keep() {
    if (sealed.isEmpty()) {
      return;
    }
    try (Taken taken = sealed.get().taken()) {
      Scope scope = access.writes().orElseThrow();
      Taken.Kept kept =
          taken.keep(
              sealed.get().key(),
              identity.buildId(),
              CachePublisher.about(scope, identity.buildId(), bases()));
      phases.say(
          "Caches: kept on this host as "
              + kept.volume().shown()
              + "; what changed goes to the store now, after the job (`bakehouse cache volumes`"
              + " tells whether it still waits)");
      new CachePublisher(settings, phases::say).start(kept.publication());
    } catch (IOException | UserError e) {
      phases.say("Caches: warning: " + e.getMessage());
    }
  }

  private Map<Kind, Basis> bases() {
    Map<String, String> published =
        volume.flatMap(JobVolume::from).map(Volume::published).orElse(Map.of());
    Map<Kind, Basis> bases = new LinkedHashMap<>();
    for (Kind kind : decision.kinds()) {
      Optional<String> snapshot = Optional.ofNullable(published.get(kind.name()));
      bases.put(kind, caches.basis(kind, snapshot, begun));
    }
    return bases;
  }

  private void carryOut(Machine machine) {
    caches.save(
        new StepCaches.Packer() {
          @Override
          public Optional<TreeSource> tree(Kind kind) {
            return Optional.of(new GuestTree(machine::run, kind.under(cachePath).toString()))
                .filter(_ -> machine.paths().system() == GuestSystem.LINUX)
                .map(tree -> (TreeSource) tree);
          }

          @Override
          public long sealed() {
            return begun;
          }

          @Override
          public boolean unchanged(Kind kind, String of) {
            try {
              machine.run(
                  Packing.unchanged(kind, kind.under(cachePath).toString(), of),
                  InputStream.nullInputStream(),
                  OutputStream.nullOutputStream());
              return true;
            } catch (IOException e) {
              return false;
            }
          }

          @Override
          public void pack(Kind kind, OutputStream tar) throws IOException {
            machine.run(
                Packing.pack(kind, kind.under(cachePath).toString()),
                InputStream.nullInputStream(),
                tar);
          }
        });
  }

  /// Kind, hits, misses and source of each cache that has figures.
  List<JobReport.Cache> reports() {
    return stats.stream()
        .map(
            s -> {
              CacheReport from = restored.get(s.kind());
              String source = from == null || from.source() == null ? "" : from.why();
              return new JobReport.Cache(s.kind(), s.hits(), s.misses(), source);
            })
        .toList();
  }
}
