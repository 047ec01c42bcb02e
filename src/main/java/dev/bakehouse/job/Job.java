package dev.bakehouse.job;

import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// The job this process was started for, from the environment the agent gave it.
///
/// @param host the whole environment, byte strings
/// @param crossing what goes into the guest of it, not yet rewritten
record Job(Map<String, String> host, SequencedMap<String, String> crossing) {
  Job {
    host = Map.copyOf(host);
    crossing = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(crossing));
  }

  /// @throws UserError when this is no job: a variable every agent sets is missing
  static Job read(Map<String, String> environment, HostSettings settings) {
    for (String name :
        new String[] {
          "BUILDKITE_JOB_ID",
          "BUILDKITE_REPO",
          "BUILDKITE_COMMIT",
          "BUILDKITE_AGENT_ENDPOINT",
          "BUILDKITE_AGENT_ACCESS_TOKEN"
        }) {
      if (environment.getOrDefault(name, "").isEmpty()) {
        throw new UserError(
            "`bakehouse job bootstrap` was started without " + name,
            "It is for the agent's `bootstrap-script`; use `bakehouse job run` by hand.");
      }
    }
    return new Job(
        environment, Crossing.select(environment, keys(environment), settings.keepEnvironment()));
  }

  private static Set<String> keys(Map<String, String> environment) {
    String file = environment.getOrDefault("BUILDKITE_ENV_FILE", "");
    if (file.isEmpty()) {
      return Set.of();
    }
    try {
      return Crossing.keys(
          Files.readString(Path.of(RawEnvironment.text(file)), StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw new UserError(
          "Could not read the job's environment file " + file + ": " + e.getMessage(),
          "Is the agent's temporary directory writable?",
          e);
    }
  }

  String text(String name) {
    return RawEnvironment.text(host.getOrDefault(name, ""));
  }

  String id() {
    return text("BUILDKITE_JOB_ID");
  }

  String stepKey() {
    return text("BUILDKITE_STEP_KEY");
  }

  /// The job's environment as text, for rules that look at it.
  Map<String, String> texts() {
    Map<String, String> all = new LinkedHashMap<>();
    crossing.forEach((name, value) -> all.put(name, RawEnvironment.text(value)));
    return all;
  }

  /// Seconds the agent gives this process between TERM and KILL.
  int graceSeconds() {
    try {
      return Math.max(1, Integer.parseInt(text("BUILDKITE_SIGNAL_GRACE_PERIOD_SECONDS")));
    } catch (NumberFormatException e) {
      return 9;
    }
  }
}
