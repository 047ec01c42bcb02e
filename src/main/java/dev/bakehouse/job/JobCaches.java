package dev.bakehouse.job;

import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.CachePaths;
import dev.bakehouse.cache.CacheReport;
import dev.bakehouse.cache.CacheRun;
import dev.bakehouse.cache.CacheStats;
import dev.bakehouse.cache.CacheStore;
import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.Selection;
import dev.bakehouse.cache.Sources;
import dev.bakehouse.cache.StepCaches;
import dev.bakehouse.cache.StepFigures;
import dev.bakehouse.cache.StepRule;
import dev.bakehouse.cache.StepRule.Decision;
import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.Node;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.volume.Taken;
import dev.bakehouse.volume.Volume;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;

/// The caches of one job: brought into the guest before its work, taken out after it passed. The
/// guest never sees the store.
final class JobCaches {
  private final Phases phases;
  private final StepRule rule;
  private final Decision decision;
  private final StepCaches caches;
  private final Path cachePath;
  private final StepNotes notes;
  private final CacheAccount account;
  private final boolean measured;
  private final Map<String, CacheReport> restored = new LinkedHashMap<>();
  private final Map<String, CacheReport> saved = new LinkedHashMap<>();
  private String checkoutPath = "";
  private StepFigures figures = StepFigures.NONE;
  private Overhead overhead = Overhead.NONE;
  private final JobScope scope;
  private final Sources sources;
  private final Optional<JobVolume> volume;
  private long begun = Node.UNKNOWN;
  private Optional<JobVolume.Sealed> sealed = Optional.empty();
  private Optional<TopUp> topUp = Optional.empty();

  /// @param system of the guest
  JobCaches(
      Job job,
      HostSettings settings,
      JobScope scope,
      Checkout checkout,
      Hypervisor hypervisor,
      GuestSystem system,
      Phases phases) {
    this.phases = phases;
    this.scope = scope;
    Map<String, String> env = job.texts();
    JobIdentity identity = scope.identity();
    Access access = scope.access();
    rule = settings.cache().rule();
    decision = rule.decide(job.stepKey(), env);
    CacheStore store = scope.stores().caches(scope.blobs());
    sources = once(JobSources.of(store, rule, settings.api(), env, access, checkout::distance));
    caches = new StepCaches(store, sources, access, identity, decision, phases::say);
    account = new CacheAccount(job, scope, decision);
    measured = settings.cache().measureTar();
    cachePath =
        CachePaths.cachePath(
            Path.of(new GuestPaths(system).cacheRoot()),
            job.text("BUILDKITE_PIPELINE_SLUG"),
            identity.branch(),
            scope.platform());
    notes = new StepNotes(job, new GuestPaths(system), cachePath);
    volume =
        system == GuestSystem.LINUX
            ? JobVolume.of(
                settings, hypervisor, access, decision, identity, cachePath, this::stale, phases)
            : Optional.empty();
  }

  /// The same answer for the same kinds.
  private static Sources once(Sources sources) {
    Map<List<Kind>, Selection> known = new ConcurrentHashMap<>();
    return (step, kinds) -> known.computeIfAbsent(kinds, _ -> sources.select(step, kinds));
  }

  /// Whether another build's caches in the store are others and newer than a generation.
  private boolean stale(Volume generation) {
    Selection selection = sources.select(scope.identity().step(), decision.restores());
    return selection.source().filter(build -> !build.equals(generation.build())).isPresent()
        && decision.restores().stream()
            .flatMap(kind -> selection.archive(kind).stream())
            .map(CacheStore.Opened.Whole::entry)
            .allMatch(
                saved ->
                    saved.created().isAfter(generation.kept())
                        && !generation.published().containsValue(saved.snapshot()));
  }

  /// Whether they are to be on a volume.
  boolean onVolume() {
    return volume.isPresent();
  }

  /// Has this build have the caches its command would have begun with; nothing ran.
  void carry() {
    caches.carry();
  }

  /// Begins to give the job's cache volume to a VM, which goes on meanwhile where it runs already.
  ///
  /// @return waits until the VM has it; an interrupt breaks it off
  Runnable attach(Vm vm, Future<Control> identified) {
    Runnable attached = volume.map(v -> v.attach(vm, identified)).orElse(() -> {});
    return () -> {
      long begin = System.nanoTime();
      attached.run();
      overhead = overhead.plusRestore(System.nanoTime() - begin);
    };
  }

  /// Brings the caches in.
  ///
  /// @return variables for the job, byte strings
  Map<String, String> restore(Machine machine) {
    long begin = System.nanoTime();
    OptionalLong mounted =
        volume.isPresent()
            ? phases.timed(Phase.ATTACH, () -> volume.get().mount(machine))
            : OptionalLong.empty();
    Optional<Volume> generation = volume.filter(_ -> mounted.isPresent()).flatMap(JobVolume::from);
    List<CacheReport> reports =
        generation.isPresent()
            ? onVolume(generation.get())
            : phases.timed(
                mounted.isPresent() ? Phase.FILL : Phase.CACHE,
                () -> caches.restore(new GuestCaches(machine, cachePath, begun)));
    reports.forEach(r -> restored.put(r.kind(), r));
    long seconds =
        generation.isPresent() ? mounted.getAsLong() : machine.control().time().getEpochSecond();
    begun = seconds * 1_000_000_000L;
    Map<String, String> env = notes.environment(restored);
    env.put("CACHE_PATH", RawEnvironment.raw(cachePath.toString()));
    env.put("CACHE_STRATEGY", decision.strategy().forCmake());
    topUp =
        generation.flatMap(
            from -> TopUp.start(caches, decision.restores(), from, machine, cachePath));
    overhead = overhead.plusRestore(System.nanoTime() - begin);
    return env;
  }

  private List<CacheReport> onVolume(Volume generation) {
    String why = "on the volume, " + generation.shown();
    phases.say("Caches: " + why + ", as build " + generation.build() + " left it");
    return generation.key().kinds().stream()
        .map(kind -> new CacheReport(kind, generation.build(), 0, 0, 0, why))
        .toList();
  }

  /// Reads what the step tells of its caches.
  ///
  /// @return hits and misses of this step
  List<CacheStats> collect(Machine machine, String checkout) {
    long begin = System.nanoTime();
    topUp.map(TopUp::end).filter(s -> !s.isEmpty()).ifPresent(s -> phases.say("Caches: " + s));
    checkoutPath = checkout;
    try {
      figures =
          notes.read(machine, checkout, decision.kinds().contains(Kind.CCACHE)).about(rule.known());
      figures.lines().forEach(line -> phases.say("Caches: " + line));
    } catch (UserError | IOException e) {
      phases.say("Caches: no figures: " + e.getMessage());
    }
    overhead = overhead.plusSave(System.nanoTime() - begin);
    return figures.stats();
  }

  /// Takes the caches out, or lets the guest let go of the volume they are on, which ends its VM.
  /// The job has passed.
  List<CacheReport> save(Machine machine) {
    long begin = System.nanoTime();
    List<Kind> kinds = figures.requests().saves(decision, rule.directories(), phases::say);
    boolean all = kinds.containsAll(decision.kinds());
    boolean volumeStays = all && volume.filter(JobVolume::mounted).isPresent();
    List<Kind> carried = new ArrayList<>(kinds);
    if (volumeStays) {
      carried.removeAll(decision.kinds());
    }
    List<CacheReport> reports = new ArrayList<>();
    if (!volumeStays || !carried.isEmpty()) {
      reports.addAll(caches.save(new GuestCaches(machine, cachePath, begun), carried));
    }
    if (volumeStays) {
      volume.get().seal(machine);
      sealed = volume.get().take(machine.vm());
      sealed.ifPresent(
          _ ->
              decision.kinds().forEach(kind -> reports.add(kept(kind, System.nanoTime() - begin))));
    }
    reports.forEach(r -> saved.put(r.kind(), r));
    overhead = overhead.plusSave(System.nanoTime() - begin);
    return reports;
  }

  private CacheReport kept(Kind kind, long nanos) {
    return new CacheReport(
        kind.name(), scope.identity().buildId(), 0, 0, nanos / 1e9, "kept on the host's volume");
  }

  /// Keeps the volume as the next generation, once the VM is gone and its slot is free. Bringing it
  /// to the store is left to the host's daemon: the job does not wait for it.
  void keep() {
    if (sealed.isEmpty()) {
      return;
    }
    long begin = System.nanoTime();
    try (Taken taken = sealed.get().taken()) {
      String build = scope.identity().buildId();
      Scope writes = scope.access().writes().orElseThrow();
      Taken.Kept kept =
          taken.keep(sealed.get().key(), build, PublishOrder.of(writes, build, bases()).json());
      phases.say(
          "Caches: kept on this host as "
              + kept.volume().shown()
              + "; what changed goes to the store after the job (`bakehouse cache volumes list`"
              + " tells whether it still waits)");
    } catch (IOException | UserError e) {
      phases.say("Caches: warning: " + e.getMessage());
    }
    overhead = overhead.plusSave(System.nanoTime() - begin);
  }

  private Map<Kind, Basis> bases() {
    Map<String, String> published =
        volume.flatMap(JobVolume::from).map(Volume::published).orElse(Map.of());
    Map<Kind, Basis> bases = new LinkedHashMap<>();
    for (Kind kind : decision.kinds()) {
      Optional<String> snapshot =
          Optional.ofNullable(published.get(kind.name())).filter(id -> !id.isEmpty());
      Basis basis = caches.basis(kind, snapshot, begun);
      boolean mayShrink = basis.mayShrink() || volume.orElseThrow().startsOver(kind);
      Optional<String> added = topUp.flatMap(t -> t.added(kind));
      bases.put(
          kind, new Basis(basis.snapshot(), added, basis.sealed(), basis.scopes(), mayShrink));
    }
    return bases;
  }

  /// Measures what archives of tar and gzip would cost, where the host's configuration asks for it.
  /// No part of the job's own times.
  void measure(Machine machine) {
    if (!measured || decision.kinds().isEmpty()) {
      return;
    }
    try {
      overhead = notes.measure(machine, decision.kinds(), overhead);
    } catch (UserError e) {
      phases.say("Caches: " + e.getMessage());
    }
  }

  /// What the caches cost this job.
  Overhead overhead() {
    return overhead;
  }

  /// Writes the history and the build's annotation. The job has passed, and its VM is gone.
  ///
  /// @return how each cache served; none when that did not go well, for nothing here fails a job
  List<CacheRun> settle() {
    try {
      return account.settle(restored, saved, figures, caches.missed(), checkoutPath, phases);
    } catch (RuntimeException e) {
      phases.say("Caches: no history: " + e);
      return List.of();
    }
  }

  /// Kind, hits, misses and source of each cache that has figures.
  List<JobReport.Cache> reports() {
    return figures.stats().stream()
        .map(
            s -> {
              CacheReport from = restored.get(s.kind());
              String source = from == null || from.source() == null ? "" : from.why();
              return new JobReport.Cache(s.kind(), s.hits(), s.misses(), source);
            })
        .toList();
  }
}
