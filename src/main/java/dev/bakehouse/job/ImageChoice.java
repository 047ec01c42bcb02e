package dev.bakehouse.job;

import dev.bakehouse.platform.UserError;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Which of a host's images a job gets: the one its step asked for by the agents' tag `vm-image`,
/// else the first that was ready when its agent registered.
final class ImageChoice {
  /// The host's part of a job is told which images were ready, by [#of]'s caller: spaces between.
  private static final String READY = "BAKEHOUSE_READY_IMAGES";

  private static final String TAG = "vm-image";

  private ImageChoice() {}

  /// The coordinator is asked only where there is something to choose.
  ///
  /// @throws UserError when it does not answer
  static HostSettings of(HostSettings settings, Job job) {
    if (settings.others().isEmpty()) {
      return settings;
    }
    String inForce = new Images(settings).name();
    List<String> ready = List.of(System.getenv().getOrDefault(READY, "").split(" "));
    Optional<String> asked = asked(job);
    for (OfferedImage offered : settings.offered()) {
      String name = offered.name();
      boolean usual = name.equals(settings.image());
      boolean right =
          asked
              .map(tag -> tag.equals(name) || (usual && tag.equals(inForce)))
              .orElse(ready.contains(name));
      if (right) {
        return settings.withImage(name);
      }
    }
    return settings;
  }

  private static Optional<String> asked(Job job) {
    String step = job.text("BUILDKITE_STEP_ID");
    String rules;
    try {
      rules =
          JobReport.agent(job, "step", "get", "agents", "--format", "json", "--step", step)
              .check()
              .text();
    } catch (UserError e) {
      throw new UserError(
          "Could not ask the coordinator for the agents' tags of the step, of which `vm-image` says in which image it runs: "
              + e.getMessage(),
          "The job is run again.",
          e);
    }
    try {
      return asked(JsonMapper.builder().build().readTree(rules));
    } catch (JacksonException e) {
      throw new UserError(
          "The agents' tags of the step are not JSON: " + rules, "See the coordinator's log.", e);
    }
  }

  /// @param rules a list of `name=value`, or an object; null where the step has none
  static Optional<String> asked(JsonNode rules) {
    for (JsonNode rule : rules.isArray() ? rules : List.<JsonNode>of()) {
      String text = rule.asString("");
      if (text.startsWith(TAG + "=")) {
        return exact(text.substring(TAG.length() + 1));
      }
    }
    return exact(rules.path(TAG).asString(""));
  }

  private static Optional<String> exact(String value) {
    return Optional.of(value).filter(text -> !text.isEmpty() && !text.contains("*"));
  }
}
