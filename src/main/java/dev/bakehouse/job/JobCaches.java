package dev.bakehouse.job;

import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.CachePaths;
import dev.bakehouse.cache.CacheReport;
import dev.bakehouse.cache.CacheStats;
import dev.bakehouse.cache.CacheStore;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Packing;
import dev.bakehouse.cache.Sources;
import dev.bakehouse.cache.StepCaches;
import dev.bakehouse.cache.StepRule.Decision;
import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.platform.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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

  JobCaches(Job job, HostSettings settings, Checkout checkout, Machine machine, Phases phases) {
    this.phases = phases;
    Map<String, String> env = job.texts();
    JobIdentity identity = JobIdentity.of(env);
    String platform =
        CachePaths.platform(machine.paths().system().name(), System.getProperty("os.arch"), env);
    Access access = Access.of(identity, platform);
    decision = settings.cache().rule().decide(job.stepKey(), env);
    JobSources.Api api =
        new JobSources.Api(settings.file(), settings.apiUrl(), settings.apiTokenFile());
    CacheStore store =
        JobStores.caches(settings.cacheStore(), settings.state(), settings.cache(), api, env);
    Sources sources =
        JobSources.of(store, settings.cache().rule(), api, env, access, checkout::distance);
    caches = new StepCaches(store, sources, access, identity, decision, phases::say);
    cachePath =
        CachePaths.cachePath(
            Path.of(machine.paths().cacheRoot()),
            job.text("BUILDKITE_PIPELINE_SLUG"),
            identity.branch(),
            platform);
  }

  /// Brings the caches in.
  ///
  /// @return variables for the job, byte strings
  Map<String, String> restore(Machine machine) {
    List<CacheReport> reports =
        caches.restore(
            (kind, of, tar) ->
                machine.run(
                    Packing.unpack(kind, kind.under(cachePath).toString(), of),
                    tar,
                    OutputStream.nullOutputStream()));
    reports.forEach(r -> restored.put(r.kind(), r));
    Map<String, String> env = new LinkedHashMap<>();
    env.put("CACHE_PATH", RawEnvironment.raw(cachePath.toString()));
    env.put("CACHE_STRATEGY", decision.strategy().forCmake());
    return env;
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

  /// Takes the caches out. The job has passed.
  List<CacheReport> save(Machine machine) {
    return caches.save(
        new StepCaches.Packer() {
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
