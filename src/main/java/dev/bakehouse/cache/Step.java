package dev.bakehouse.cache;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A step as caches know it: each job of a step with `parallelism` has a place of its own.
///
/// @param key the step's key, or empty
/// @param job the place, from 0
/// @param jobs how many places there are; 1 for a step that is not parallel
public record Step(String key, int job, int jobs) {
  /// No key of a step has a `#`.
  private static final Pattern PLACE =
      Pattern.compile("(.*)#(0|[1-9][0-9]{0,5})/([1-9][0-9]{0,5})", Pattern.DOTALL);

  /// What is no place among jobs is that of the only one.
  public Step {
    if (job < 0 || job >= jobs) {
      job = 0;
      jobs = 1;
    }
  }

  /// Of a job, by its variables.
  static Step of(Map<String, String> env) {
    return new Step(
        env.getOrDefault("BUILDKITE_STEP_KEY", ""),
        number(env, "BUILDKITE_PARALLEL_JOB"),
        number(env, "BUILDKITE_PARALLEL_JOB_COUNT"));
  }

  /// Reads what [#text] writes.
  public static Step parse(String text) {
    Matcher place = PLACE.matcher(text);
    if (place.matches()) {
      int job = Integer.parseInt(place.group(2));
      int jobs = Integer.parseInt(place.group(3));
      return new Step(place.group(1), job, jobs);
    }
    return new Step(text, 0, 1);
  }

  /// `KEY`, or `KEY#JOB/JOBS`.
  public String text() {
    return jobs == 1 ? key : key + "#" + job + "/" + jobs;
  }

  /// The same place of another step.
  public Step named(String other) {
    return new Step(other, job, jobs);
  }

  /// The variables of its jobs.
  public Map<String, String> variables() {
    return jobs == 1
        ? Map.of("BUILDKITE_STEP_KEY", key)
        : Map.of(
            "BUILDKITE_STEP_KEY",
            key,
            "BUILDKITE_PARALLEL_JOB",
            String.valueOf(job),
            "BUILDKITE_PARALLEL_JOB_COUNT",
            String.valueOf(jobs));
  }

  /// What serves this step best of the caches that one build saved: those of the same step, else of
  /// the step that saved last. Where that had another number of jobs, this one's is counted round.
  ///
  /// @param saved of one kind, newest first
  Optional<Entry> among(List<Entry> saved) {
    Optional<Step> own = saved.stream().map(Step::of).filter(s -> s.key.equals(key)).findFirst();
    return own.or(() -> saved.stream().map(Step::of).findFirst())
        .map(from -> new Step(from.key, job % from.jobs, from.jobs))
        .flatMap(from -> saved.stream().filter(e -> of(e).equals(from)).findFirst());
  }

  private static Step of(Entry entry) {
    return parse(entry.address().step());
  }

  private static int number(Map<String, String> env, String name) {
    String text = env.getOrDefault(name, "");
    return text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : -1;
  }
}
