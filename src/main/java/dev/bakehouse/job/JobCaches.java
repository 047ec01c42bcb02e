package dev.bakehouse.job;

import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.CachePaths;
import dev.bakehouse.cache.CacheReport;
import dev.bakehouse.cache.CacheStats;
import dev.bakehouse.cache.CacheStore;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.SnapshotStore;
import dev.bakehouse.cache.Sources;
import dev.bakehouse.cache.StepCaches;
import dev.bakehouse.cache.StepFigures;
import dev.bakehouse.cache.StepRule;
import dev.bakehouse.cache.StepRule.Decision;
import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.BlobStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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

  JobCaches(Job job, HostSettings settings, Checkout checkout, Machine machine, Phases phases) {
    this.phases = phases;
    Map<String, String> env = job.texts();
    JobIdentity identity = JobIdentity.of(env);
    String platform =
        CachePaths.platform(machine.paths().system().name(), System.getProperty("os.arch"), env);
    Access access = Access.of(identity, platform);
    rule = settings.cache().rule();
    decision = rule.decide(job.stepKey(), env);
    JobSources.Api api =
        new JobSources.Api(settings.file(), settings.apiUrl(), settings.apiTokenFile());
    BlobStore blobs =
        JobStores.open(settings.cacheStore(), settings.state(), settings.cache(), api, env);
    CacheStore store = new SnapshotStore(blobs);
    Sources sources = JobSources.of(store, rule, api, env, access, checkout::distance);
    caches = new StepCaches(store, sources, access, identity, decision, phases::say);
    account = new CacheAccount(job, blobs, access, decision);
    measured = settings.cache().measureTar();
    cachePath =
        CachePaths.cachePath(
            Path.of(machine.paths().cacheRoot()),
            job.text("BUILDKITE_PIPELINE_SLUG"),
            identity.branch(),
            platform);
    notes = new StepNotes(job, machine.paths(), cachePath);
  }

  /// Brings the caches in.
  ///
  /// @return variables for the job, byte strings
  Map<String, String> restore(Machine machine) {
    long begin = System.nanoTime();
    List<CacheReport> reports = caches.restore(new GuestCaches(machine, cachePath));
    reports.forEach(r -> restored.put(r.kind(), r));
    Map<String, String> env = notes.environment(restored);
    env.put("CACHE_PATH", RawEnvironment.raw(cachePath.toString()));
    env.put("CACHE_STRATEGY", decision.strategy().forCmake());
    overhead = overhead.plusRestore(System.nanoTime() - begin);
    return env;
  }

  /// Reads what the step tells of its caches.
  ///
  /// @return hits and misses of this step
  List<CacheStats> collect(Machine machine, String checkout) {
    long begin = System.nanoTime();
    checkoutPath = checkout;
    try {
      figures = notes.read(machine, checkout, decision.kinds().contains(Kind.CCACHE));
      figures.lines().forEach(line -> phases.say("Caches: " + line));
    } catch (UserError | IOException e) {
      phases.say("Caches: no figures: " + e.getMessage());
    }
    overhead = overhead.plusSave(System.nanoTime() - begin);
    return figures.stats();
  }

  /// Takes the caches out. The job has passed.
  List<CacheReport> save(Machine machine) {
    long begin = System.nanoTime();
    List<Kind> kinds = figures.requests().saves(decision, rule.directories(), phases::say);
    List<CacheReport> reports = caches.save(new GuestCaches(machine, cachePath), kinds);
    reports.forEach(r -> saved.put(r.kind(), r));
    overhead = overhead.plusSave(System.nanoTime() - begin);
    return reports;
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
  /// @return whether that went well; nothing here fails a job
  boolean settle() {
    try {
      account.settle(restored, saved, figures, caches.missed(), checkoutPath, phases);
      return true;
    } catch (RuntimeException e) {
      phases.say("Caches: no history: " + e);
      return false;
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
