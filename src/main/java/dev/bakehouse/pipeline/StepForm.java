package dev.bakehouse.pipeline;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// The kinds of steps of Buildkite's pipelines, each with its documented keys
/// (https://buildkite.com/docs/pipelines/configure/step-types).
public enum StepForm {
  COMMAND(
      "command commands script",
      "agent_query_rules agents artifact_paths artifacts branches cache cancel_on_build_failing"
          + " checkout concurrency concurrency_group concurrency_method env if if_changed image matrix notify parallelism"
          + " plugins priority retry secrets signature skip soft_fail timeout timeout_in_minutes"),
  WAIT("wait waiter", "branches continue_on_failure if"),
  BLOCK("block manual", "allowed_teams blocked_state branches fields if prompt submit"),
  INPUT("input", "allowed_teams blocked_state branches fields if prompt submit"),
  TRIGGER("trigger", "async branches build if if_changed parallelism skip soft_fail"),
  GROUP("group", "if if_changed notify skip steps"),
  /// None of them: kept as it is.
  UNKNOWN("", "");

  private static final String COMMON =
      "allow_dependency_failure depends_on id identifier key label name type";

  private final String words;
  private final String own;

  StepForm(String words, String own) {
    this.words = words;
    this.own = own;
  }

  /// The keys that name the kind, the usual one first.
  List<String> words() {
    return words.isEmpty() ? List.of() : List.of(words.split(" "));
  }

  /// Every documented key of such a step.
  public Set<String> keys() {
    return Stream.of(words, own, COMMON)
        .flatMap(text -> Arrays.stream(text.split(" ")))
        .filter(key -> !key.isEmpty())
        .collect(Collectors.toUnmodifiableSet());
  }

  /// As messages call it, for example `command`.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// Whether what comes later waits for it.
  public boolean barrier() {
    return this == WAIT || this == BLOCK;
  }

  /// @param entry one entry below `steps`: a word, or keys and values
  static StepForm of(JsonNode entry) {
    String said = entry.isString() ? entry.asString() : entry.path("type").asString("");
    for (StepForm form : List.of(GROUP, BLOCK, INPUT, TRIGGER, WAIT, COMMAND)) {
      if (form.words().contains(said) || form.words().stream().anyMatch(entry::has)) {
        return form;
      }
    }
    return entry.has("plugins") ? COMMAND : UNKNOWN;
  }
}
