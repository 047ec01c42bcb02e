package dev.bakehouse.buildkite;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/// How long steps take, by the passed builds of their pipelines, and what follows from that for who
/// waits.
final class Durations {
  private static final int BUILDS = 10;

  private final RestClient client;
  private final Map<String, Map<String, Duration>> known = new HashMap<>();

  Durations(RestClient client) {
    this.client = client;
  }

  /// The median of a job's step; empty when no earlier build tells.
  Optional<Duration> of(JobInfo job) {
    Optional<String> pipeline = pipeline(job);
    if (pipeline.isEmpty()) {
      return Optional.empty();
    }
    return Optional.ofNullable(
        known.computeIfAbsent(pipeline.get(), this::measured).get(job.title()));
  }

  /// Medians by step.
  private Map<String, Duration> measured(String pipeline) {
    Map<String, List<Duration>> times = new HashMap<>();
    for (BuildInfo build : client.builds(pipeline, new BuildQuery(null, "passed", null, BUILDS))) {
      for (JobInfo job : build.jobs()) {
        if (job.is("passed", "finished") && job.finishedAt() != null) {
          times.computeIfAbsent(job.title(), _ -> new ArrayList<>()).add(job.time());
        }
      }
    }
    Map<String, Duration> medians = new HashMap<>();
    times.forEach((step, all) -> medians.put(step, median(all)));
    return medians;
  }

  private static Duration median(List<Duration> times) {
    times.sort(null);
    return times.get(times.size() / 2);
  }

  static Optional<String> pipeline(JobInfo job) {
    return job.buildUrl() == null
        ? Optional.empty()
        : JobReference.parse(job.buildUrl()).pipeline();
  }

  /// When an agent is free for a job; empty when a time is not known.
  ///
  /// @param agents those that may take it
  /// @param ahead jobs that come before it
  Optional<Duration> wait(List<AgentInfo> agents, List<JobInfo> ahead, Instant now) {
    PriorityQueue<Duration> free = new PriorityQueue<>();
    for (AgentInfo agent : agents) {
      Optional<Duration> left = left(agent.job(), now);
      if (left.isEmpty()) {
        return Optional.empty();
      }
      free.add(left.get());
    }
    for (JobInfo job : ahead) {
      Optional<Duration> time = of(job);
      Duration begin = free.poll();
      if (time.isEmpty() || begin == null) {
        return Optional.empty();
      }
      free.add(begin.plus(time.get()));
    }
    return Optional.ofNullable(free.peek());
  }

  private Optional<Duration> left(@Nullable JobInfo job, Instant now) {
    if (job == null) {
      return Optional.of(Duration.ZERO);
    }
    String started = job.startedAt();
    Duration ran = started == null ? Duration.ZERO : Duration.between(Instant.parse(started), now);
    return of(job).map(d -> d.minus(ran)).map(d -> d.isNegative() ? Duration.ZERO : d);
  }
}
