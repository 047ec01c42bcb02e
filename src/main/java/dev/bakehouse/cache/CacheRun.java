package dev.bakehouse.cache;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Map;
import java.util.OptionalDouble;

/// How one cache served one job: an entry of a store's history. A wire record.
///
/// @param ended when the job had ended
/// @param pipeline as in [Scope], with `ref` and `platform`
/// @param number of the build, 0 when unknown
/// @param step see [Step#text]
/// @param source id of the build it was restored from, empty for nothing
/// @param from the same in words, or why there was none
/// @param reason [Reason] why nothing was restored; empty when something was
/// @param hits as the tool counted them in this job
/// @param restored files and bytes that came, and how long it took
/// @param saved the same of what was saved
/// @param tools compilers, see [StepFigures]
/// @param checkout where the sources lay
/// @param cleanups how often ccache threw old entries out, over the cache's life
/// @param cause why there were fewer hits than before; empty when there were not
public record CacheRun(
    Instant ended,
    String pipeline,
    String ref,
    String platform,
    String build,
    int number,
    String step,
    String kind,
    String strategy,
    String source,
    String from,
    String reason,
    long hits,
    long misses,
    Moved restored,
    Moved saved,
    Map<String, String> tools,
    String checkout,
    long cleanups,
    String cause) {

  /// @param seconds wall time
  public record Moved(long files, long bytes, double seconds) {
    public static final Moved NOTHING = new Moved(0, 0, 0);

    /// What a report says was moved.
    public static Moved of(CacheReport report) {
      return new Moved(report.files(), report.bytes(), report.seconds());
    }
  }

  public CacheRun {
    for (Object field :
        new Object[] {
          ended, pipeline, ref, platform, build, step, kind, strategy, source, from, reason,
          restored, saved, checkout, cause
        }) {
      requireNonNull(field, "a field of the run");
    }
    tools = Map.copyOf(tools);
  }

  public Scope scope() {
    return new Scope(pipeline, Scope.ref(ref), platform);
  }

  /// From 0 to 1; empty when nothing was asked.
  public OptionalDouble rate() {
    return new CacheStats(kind, hits, misses).rate();
  }

  public CacheRun with(String why) {
    return new CacheRun(
        ended, pipeline, ref, platform, build, number, step, kind, strategy, source, from, reason,
        hits, misses, restored, saved, tools, checkout, cleanups, why);
  }
}
