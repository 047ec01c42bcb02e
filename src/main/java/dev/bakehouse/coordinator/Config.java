package dev.bakehouse.coordinator;

import java.nio.file.Path;
import java.time.Duration;

/// @param port 0: any free one
/// @param state the directory that holds everything; made when absent
/// @param organization slug that REST paths and jobs see
/// @param lostAfter an agent silent for so long has lost its job
/// @param infraRetries how often a job runs again after a failure that was not its own
/// @param anyAgent every agent takes every job, whatever tags the job asks for: for one machine
///   that stands in for a whole fleet
/// @param keepArtifacts artifacts of ended builds expire after this; zero: never
/// @param forcedEnd a cancelled or timed-out job whose agent does not finish it is ended after this
public record Config(
    int port,
    Path state,
    String organization,
    Duration lostAfter,
    int infraRetries,
    Duration forcedEnd,
    boolean anyAgent,
    Duration keepArtifacts) {
  /// As long as Buildkite keeps them.
  private static final Duration KEPT = Duration.ofDays(180);

  public static Config of(int port, Path state) {
    return new Config(
        port, state, "bakehouse", Duration.ofSeconds(30), 2, Duration.ofSeconds(60), false, KEPT);
  }

  public Config lostAfter(Duration limit) {
    return new Config(
        port, state, organization, limit, infraRetries, forcedEnd, anyAgent, keepArtifacts);
  }

  public Config infraRetries(int count) {
    return new Config(
        port, state, organization, lostAfter, count, forcedEnd, anyAgent, keepArtifacts);
  }

  public Config forcedEnd(Duration limit) {
    return new Config(
        port, state, organization, lostAfter, infraRetries, limit, anyAgent, keepArtifacts);
  }

  public Config anyAgent(boolean any) {
    return new Config(
        port, state, organization, lostAfter, infraRetries, forcedEnd, any, keepArtifacts);
  }

  public Config keepArtifacts(Duration time) {
    return new Config(
        port, state, organization, lostAfter, infraRetries, forcedEnd, anyAgent, time);
  }
}
