package dev.bakehouse.cache;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A step as caches know it: each job of a step with `parallelism` has a place of its own, and so
/// has each whose `CACHE_PART` names one, which is how jobs of a matrix are told apart.
///
/// @param key the step's key, or empty
/// @param part the name of the place; empty: it has none, or a number
/// @param job the place's number, from 0
/// @param jobs how many numbered places there are; 1 for a step that is not parallel
public record Step(String key, String part, int job, int jobs) {
  /// The variable that names a part.
  public static final String PART = "CACHE_PART";

  /// No key of a step has a `#`.
  private static final Pattern PLACE =
      Pattern.compile("([^#]*)#(0|[1-9][0-9]{0,5})/([1-9][0-9]{0,5})", Pattern.DOTALL);

  /// A job may say anything: what is told of its caches stays one line, and short.
  private static final Pattern UNFIT = Pattern.compile("[\\p{Cc}/]");

  private static final int LONGEST = 100;

  /// What is no place among jobs is that of the only one.
  public Step {
    part = UNFIT.matcher(part.strip()).replaceAll("-");
    if (part.length() > LONGEST) {
      part = SafeName.hashed(part, part);
    }
    if (job < 0 || job >= jobs || !part.isEmpty()) {
      job = 0;
      jobs = 1;
    }
  }

  /// Of a job, by its variables.
  static Step of(Map<String, String> env) {
    return new Step(
        env.getOrDefault("BUILDKITE_STEP_KEY", ""),
        env.getOrDefault(PART, ""),
        number(env, "BUILDKITE_PARALLEL_JOB"),
        number(env, "BUILDKITE_PARALLEL_JOB_COUNT"));
  }

  /// Reads what [#text] writes.
  public static Step parse(String text) {
    Matcher place = PLACE.matcher(text);
    if (place.matches()) {
      int job = Integer.parseInt(place.group(2));
      int jobs = Integer.parseInt(place.group(3));
      return new Step(place.group(1), "", job, jobs);
    }
    int end = text.indexOf('#');
    return end < 0
        ? new Step(text, "", 0, 1)
        : new Step(text.substring(0, end), text.substring(end + 1), 0, 1);
  }

  /// `KEY`, `KEY#JOB/JOBS` or `KEY#PART`.
  public String text() {
    String numbered = jobs == 1 ? key : key + "#" + job + "/" + jobs;
    return part.isEmpty() ? numbered : key + "#" + part;
  }

  /// The same place of another step.
  public Step named(String other) {
    return new Step(other, part, job, jobs);
  }

  /// The variables of its jobs.
  public Map<String, String> variables() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("BUILDKITE_STEP_KEY", key);
    if (!part.isEmpty()) {
      all.put(PART, part);
    }
    if (jobs > 1) {
      all.put("BUILDKITE_PARALLEL_JOB", String.valueOf(job));
      all.put("BUILDKITE_PARALLEL_JOB_COUNT", String.valueOf(jobs));
    }
    return all;
  }

  /// What serves this step best of the caches that one build saved: those of the same step, else of
  /// the step that saved last. Of its parts the one of the same name, else the one that was saved
  /// last. Where it had another number of jobs, this one's is counted round.
  ///
  /// @param saved of one kind, newest first
  Optional<Entry> among(List<Entry> saved) {
    List<Step> steps = saved.stream().map(Step::of).toList();
    Optional<Step> own = steps.stream().filter(s -> s.key.equals(key)).findFirst();
    return own.or(() -> steps.stream().findFirst())
        .map(last -> steps.stream().filter(named(last.key)::equals).findFirst().orElse(last))
        .map(from -> new Step(from.key, from.part, job % from.jobs, from.jobs))
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
