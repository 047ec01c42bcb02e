package dev.bakehouse.host;

import dev.bakehouse.job.JobRecord;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;

/// Counts the jobs that end while a daemon runs, from 0. One thread asks.
final class WebJobs {
  private final Set<String> seen;
  private final Map<String, Long> outcomes = new TreeMap<>();
  private final Map<String, Long> failures = new TreeMap<>();
  private final Map<String, Sum> phases = new TreeMap<>();

  /// @param before names of records that are there already
  WebJobs(Collection<String> before) {
    this.seen = new HashSet<>(before);
  }

  /// Seconds of so many jobs.
  record Sum(double seconds, long count) {
    Sum plus(Sum other) {
      return new Sum(seconds + other.seconds, count + other.count);
    }
  }

  /// @param outcomes jobs by outcome
  /// @param failures those that the machinery failed, by phase; `none` for a fault outside of all
  /// @param phases times by phase
  record Totals(Map<String, Long> outcomes, Map<String, Long> failures, Map<String, Sum> phases) {
    Totals {
      outcomes = Map.copyOf(outcomes);
      failures = Map.copyOf(failures);
      phases = Map.copyOf(phases);
    }
  }

  /// @param ended records by their names
  Totals with(SequencedMap<String, JobRecord> ended) {
    ended.forEach(
        (name, job) -> {
          if (seen.add(name)) {
            count(job);
          }
        });
    seen.retainAll(ended.keySet());
    return new Totals(outcomes, failures, phases);
  }

  private void count(JobRecord job) {
    outcomes.merge(job.outcome(), 1L, Long::sum);
    if (job.outcome().equals(JobRecord.INFRASTRUCTURE)) {
      failures.merge(job.phase().isEmpty() ? "none" : job.phase(), 1L, Long::sum);
    }
    job.phases().forEach((phase, time) -> phases.merge(phase, new Sum(time, 1), Sum::plus));
  }
}
