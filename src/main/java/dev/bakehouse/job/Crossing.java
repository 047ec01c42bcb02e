package dev.bakehouse.job;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Collectors;

/// Which variables of a job's environment go into the guest, and what they become there.
///
/// What crosses: the keys of `BUILDKITE_ENV_FILE` (the job's own environment as the agent wrote
/// it), the agent's `BUILDKITE_*`, and host variables the configuration names. Nothing else of the
/// host does. Values are byte strings, see [dev.bakehouse.platform.RawEnvironment].
final class Crossing {
  /// The agent's own paths and handles on the host, without a meaning in the guest.
  private static final Set<String> HOST_ONLY =
      Set.of(
          "BUILDKITE_AGENT_JOB_TIMEOUT_FILE",
          "BUILDKITE_AGENT_PID",
          "BUILDKITE_AGENT_TOKEN",
          "BUILDKITE_ADDITIONAL_HOOKS_PATHS",
          "BUILDKITE_BUILD_CHECKOUT_PATH",
          "BUILDKITE_CONFIG_PATH",
          "BUILDKITE_ENV_FILE",
          "BUILDKITE_ENV_JSON_FILE",
          "BUILDKITE_GIT_MIRRORS_LOCK_TIMEOUT",
          "BUILDKITE_GIT_MIRRORS_PATH",
          "BUILDKITE_GIT_MIRRORS_SKIP_UPDATE",
          "BUILDKITE_AGENT_JWKS_FILE");

  private Crossing() {}

  /// @param host the bootstrap's environment
  /// @param jobKeys the keys of the agent's environment file
  /// @param named further host variables that cross
  static SequencedMap<String, String> select(
      Map<String, String> host, Set<String> jobKeys, List<String> named) {
    SequencedMap<String, String> crossing = new LinkedHashMap<>();
    host.forEach(
        (name, value) -> {
          boolean agents = name.startsWith("BUILDKITE_") && !HOST_ONLY.contains(name);
          if (agents
              || (jobKeys.contains(name) && !HOST_ONLY.contains(name))
              || named.contains(name)) {
            crossing.put(name, value);
          }
        });
    return crossing;
  }

  /// The keys in an agent's environment file: one `NAME="value"` a line, the value quoted as Go's
  /// `%q` does, so without line ends.
  static Set<String> keys(String envFile) {
    return envFile
        .lines()
        .map(line -> line.indexOf('=') > 0 ? line.substring(0, line.indexOf('=')) : "")
        .filter(k -> !k.isEmpty())
        .collect(Collectors.toSet());
  }
}
