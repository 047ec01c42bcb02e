package dev.bakehouse.coordinator;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/// What came of a build, as `bakehouse run --json` writes it.
///
/// @param seconds from creation to end
/// @param steps the last attempt of each job, in the order of the pipeline
public record BuildReport(String state, double seconds, List<StepReport> steps) {
  public BuildReport {
    steps = List.copyOf(steps);
  }

  /// @param exit as the agent reported it; null when it never ran or said no number
  /// @param host from the job's launcher, else the agent's name
  /// @param vm from the job's launcher
  /// @param phases seconds by phase, from the job's launcher
  /// @param parallel index among the step's parallel jobs
  /// @param attempts how many times it was tried
  /// @param overhead what caches cost, from the job's launcher
  public record StepReport(
      String key,
      double seconds,
      @Nullable Integer exit,
      @Nullable String host,
      @Nullable String vm,
      Map<String, Double> phases,
      String state,
      boolean softFailed,
      @Nullable Integer parallel,
      int attempts,
      List<CacheReport> caches,
      @Nullable Overhead overhead) {
    public StepReport {
      phases = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(phases));
      caches = List.copyOf(caches);
    }

    /// Seconds of the job's own command.
    public double command() {
      return phases.getOrDefault("command", 0.0);
    }

    /// The key, with the number of a parallel job.
    public String title() {
      return parallel == null ? key : key + " " + (parallel + 1);
    }
  }

  /// Figures of one cache in one job, as its tool counted them.
  ///
  /// @param source what it was restored from, empty for nothing
  public record CacheReport(String kind, long hits, long misses, String source) {
    CacheReport plus(CacheReport other) {
      return new CacheReport(
          kind, hits + other.hits, misses + other.misses, source.isEmpty() ? other.source : source);
    }

    /// From 0 to 1; 0 when nothing was asked.
    public double rate() {
      return hits + misses == 0 ? 0 : (double) hits / (hits + misses);
    }
  }

  public boolean passed() {
    return state.equals("passed");
  }

  /// Seconds of all jobs' own commands.
  public double command() {
    return steps.stream().mapToDouble(StepReport::command).sum();
  }

  /// The caches of all steps, added up by kind.
  public List<CacheReport> caches() {
    Map<String, CacheReport> sums = new LinkedHashMap<>();
    steps.stream()
        .flatMap(s -> s.caches().stream())
        .forEach(c -> sums.merge(c.kind(), c, CacheReport::plus));
    return List.copyOf(sums.values());
  }

  /// What caches cost a job, in seconds.
  ///
  /// @param restore until its command could begin
  /// @param save after it had ended
  /// @param pack what `tar czf` of the same directories took; 0 when it was not measured
  /// @param upload what the agent took to bring these archives to the build's artifacts
  /// @param download what it took to fetch them
  /// @param unpack what `tar xzf` of them took
  /// @param packed their bytes
  public record Overhead(
      double restore,
      double save,
      double pack,
      double upload,
      double download,
      double unpack,
      long packed) {
    public Overhead plus(Overhead other) {
      return new Overhead(
          restore + other.restore,
          save + other.save,
          pack + other.pack,
          upload + other.upload,
          download + other.download,
          unpack + other.unpack,
          packed + other.packed);
    }

    public double own() {
      return restore + save;
    }

    public double tar() {
      return pack + upload + download + unpack;
    }
  }

  /// What a job's launcher publishes as build meta-data `bakehouse:job:ID`.
  public record Launched(
      @Nullable String vm,
      @Nullable String host,
      @Nullable Map<String, Double> phases,
      @Nullable List<CacheReport> caches,
      @Nullable Overhead overhead) {}

  public static BuildReport of(BuildView build) {
    Long finished = build.finished();
    double seconds = ((finished == null ? Core.now() : finished) - build.created()) / 1000.0;
    return new BuildReport(
        build.state(),
        seconds,
        build.jobs().stream().filter(job -> !job.retried()).map(BuildReport::step).toList());
  }

  private static StepReport step(JobView job) {
    Launched launched = launched(job);
    Map<String, Double> phases = launched.phases == null ? Map.of() : launched.phases;
    String key = job.key();
    return new StepReport(
        key == null ? job.title() : key,
        job.seconds(),
        exit(job),
        launched.host == null ? job.agent() : launched.host,
        launched.vm,
        phases,
        job.state().wire(),
        job.softFailed(),
        job.parallel(),
        job.retryCount() + 1,
        launched.caches == null ? List.of() : launched.caches,
        launched.overhead);
  }

  private static @Nullable Integer exit(JobView job) {
    String text = job.exitStatus();
    return text != null && text.matches("-?[0-9]{1,6}") ? Integer.valueOf(text) : null;
  }

  private static Launched launched(JobView job) {
    String text = job.phases();
    try {
      return text == null
          ? new Launched(null, null, null, null, null)
          : Json.MAPPER.readValue(text, Launched.class);
    } catch (JacksonException e) {
      return new Launched(null, null, null, null, null);
    }
  }

  /// Names in `snake_case`.
  public String json() {
    return new String(Json.bytes(this), StandardCharsets.UTF_8);
  }
}
