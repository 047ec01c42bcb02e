package dev.bakehouse.pipeline;

import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Measured seconds of steps by key, from builds: what `bakehouse run --json` writes, or builds as
/// Buildkite's REST API gives them, one or a list.
public final class StepTimes {
  private StepTimes() {}

  /// @return the median over the builds; of a step's parallel jobs, the longest counts
  /// @throws UserError when a file can not be read
  public static Map<String, Double> read(Collection<Path> files) {
    Map<String, List<Double>> all = new HashMap<>();
    for (Path file : files) {
      try {
        JsonNode root = JsonMapper.shared().readTree(Files.readString(file));
        for (JsonNode build : root.isArray() ? root.values() : List.of(root)) {
          build(build).forEach((k, s) -> all.computeIfAbsent(k, x -> new ArrayList<>()).add(s));
        }
      } catch (IOException e) {
        throw new UserError(
            "Could not read the times in " + file + ": " + Reason.of(e), "Check its path.", e);
      } catch (JacksonException e) {
        throw new UserError(
            "The times in " + file + " are no JSON: " + e.getOriginalMessage(),
            "Give it what `bakehouse run --json` wrote, or builds of the REST API.",
            e);
      }
    }
    Map<String, Double> medians = new HashMap<>();
    all.forEach(
        (key, list) -> medians.put(key, list.stream().sorted().toList().get(list.size() / 2)));
    return medians;
  }

  private static Map<String, Double> build(JsonNode build) {
    Map<String, Double> longest = new HashMap<>();
    for (JsonNode step : build.path("steps")) {
      longest.merge(step.path("key").asString(""), step.path("seconds").asDouble(0), Math::max);
    }
    for (JsonNode job : build.path("jobs")) {
      seconds(job).ifPresent(s -> longest.merge(job.path("step_key").asString(""), s, Math::max));
    }
    longest.remove("");
    return longest;
  }

  /// Nothing for a job that did not pass: it may have ended early.
  private static Optional<Double> seconds(JsonNode job) {
    try {
      if (!job.path("state").asString("").equals("passed")) {
        return Optional.empty();
      }
      Instant begin = Instant.parse(job.path("started_at").asString(""));
      Instant end = Instant.parse(job.path("finished_at").asString(""));
      return Optional.of(Duration.between(begin, end).toMillis() / 1000.0);
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
