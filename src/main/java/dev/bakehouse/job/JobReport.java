package dev.bakehouse.job;

import dev.bakehouse.buildkite.AgentCommand;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.UserError;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// What a job's launcher tells of itself: build meta-data under `bakehouse:job:ID`.
///
/// @param host name of the host
/// @param vm name of the VM
/// @param start how the VM came to run: `boot`, `resume` or `standby`
/// @param image name of the image it was made from
/// @param phases phase → seconds
/// @param overhead what caches cost
record JobReport(
    String host,
    String vm,
    String start,
    String image,
    Map<String, Double> phases,
    List<Cache> caches,
    Overhead overhead) {
  private static final Duration PUBLISH = Duration.ofSeconds(30);

  /// Figures of one cache as its tool counted them.
  ///
  /// @param source what it was restored from, empty for nothing
  record Cache(String kind, long hits, long misses, String source) {}

  /// Publishes with the job's own token, through the agent's own command. Failing to is said and no
  /// more: the job is over.
  static void publish(Job job, HostSettings settings, String vm, Phases phases, JobCaches caches) {
    byte[] json =
        JsonMapper.builder()
            .build()
            .writeValueAsString(
                new JobReport(
                    settings.name(),
                    vm,
                    phases.speed(),
                    settings.image(),
                    phases.seconds(),
                    caches.reports(),
                    caches.overhead()))
            .getBytes(StandardCharsets.UTF_8);
    try {
      agent(job, "meta-data", "set", "bakehouse:job:" + job.id()).input(json).check();
    } catch (UserError e) {
      phases.say("bakehouse: the job's timings could not be published: " + e.getMessage());
    }
  }

  /// A command of the host's agent with the job's own token.
  static Command agent(Job job, String... words) {
    return AgentCommand.of(job.texts(), words).and("--log-level", "fatal").deadline(PUBLISH);
  }
}
