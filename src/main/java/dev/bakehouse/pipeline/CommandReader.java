package dev.bakehouse.pipeline;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Reads a command step.
final class CommandReader {
  private static final int MOST_PARALLEL = 1000;
  private static final int MOST_RETRIES = 10;

  /// Keys that change nothing about how a step runs here.
  private static final String[] HARMLESS = {"notify", "type", "if_changed", "signature", "cache"};

  /// Keys whose meaning the coordinator lacks: to ignore them would run something else than asked.
  private static final List<String> LACKING =
      List.of(
          "if",
          "branches",
          "matrix",
          "plugins",
          "concurrency",
          "concurrency_group",
          "concurrency_method",
          "cancel_on_build_failing",
          "secrets",
          "image",
          "checkout");

  private CommandReader() {}

  static CommandStep read(JsonNode entry, int number) {
    Fields named = new Fields("step " + number, entry);
    Optional<String> name = named.text("key", "id", "identifier", "label", "name");
    Fields fields = new Fields("step " + number + name.map(n -> " (" + n + ")").orElse(""), entry);
    for (String key : LACKING) {
      fields
          .value(key)
          .filter(v -> !v.isEmpty() || v.isValueNode())
          .filter(v -> !(v.isBoolean() && !v.asBoolean()))
          .ifPresent(
              v -> {
                throw fields.error(key, "is not supported by the embedded coordinator yet");
              });
    }
    fields.value(HARMLESS);
    CommandStep step =
        new CommandStep(
            fields.text("key", "id", "identifier"),
            fields.text("label", "name"),
            String.join("\n", fields.texts("command", "commands", "script")),
            PipelineReader.dependsOn(fields),
            fields.flag("allow_dependency_failure"),
            PipelineReader.agents(fields),
            fields.number("parallelism", 1, MOST_PARALLEL),
            fields.map("env"),
            artifactPaths(fields),
            retries(fields),
            softFail(fields),
            timeout(fields),
            skip(fields),
            fields.number("priority", Integer.MIN_VALUE, Integer.MAX_VALUE).orElse(0),
            entry.toString());
    fields.close();
    return step;
  }

  private static List<String> artifactPaths(Fields fields) {
    List<String> all = new ArrayList<>();
    for (String text : fields.texts("artifact_paths")) {
      for (String path : text.split(";")) {
        if (!path.isBlank()) {
          all.add(path.strip());
        }
      }
    }
    return all;
  }

  private static boolean skip(Fields fields) {
    String text = fields.text("skip").orElse("false");
    return !text.equals("false") && !text.isEmpty();
  }

  private static Optional<Duration> timeout(Fields fields) {
    return fields
        .text("timeout_in_minutes")
        .map(
            text -> {
              try {
                long millis = new BigDecimal(text).multiply(BigDecimal.valueOf(60_000)).longValue();
                if (millis > 0) {
                  return Duration.ofMillis(millis);
                }
              } catch (NumberFormatException e) {
                // Told below.
              }
              throw fields.error("timeout_in_minutes", "must be a number above 0, not " + text);
            });
  }

  private static SoftFail softFail(Fields fields) {
    Optional<JsonNode> value = fields.value("soft_fail");
    if (value.isEmpty() || !value.get().isArray()) {
      return new SoftFail(fields.flag("soft_fail"), List.of());
    }
    List<String> statuses = new ArrayList<>();
    for (JsonNode item : value.get()) {
      Fields inner = new Fields("`soft_fail`", item);
      statuses.addAll(inner.texts("exit_status"));
      inner.close();
    }
    return new SoftFail(statuses.contains("*"), statuses);
  }

  private static List<RetryRule> retries(Fields fields) {
    Optional<JsonNode> value = fields.value("retry");
    if (value.isEmpty()) {
      return List.of();
    }
    Fields retry = new Fields("`retry`", value.get());
    retry.value("manual");
    Optional<JsonNode> automatic = retry.value("automatic");
    retry.close();
    if (automatic.isEmpty()) {
      return List.of();
    }
    if (automatic.get().isArray()) {
      List<RetryRule> rules = new ArrayList<>();
      automatic.get().forEach(item -> rules.add(rule(item)));
      return rules;
    }
    if (automatic.get().isObject()) {
      return List.of(rule(automatic.get()));
    }
    return retry.flag("automatic") ? List.of(new RetryRule(List.of("*"), "*", 2)) : List.of();
  }

  private static RetryRule rule(JsonNode item) {
    Fields inner = new Fields("`retry.automatic`", item);
    List<String> statuses = inner.texts("exit_status");
    inner
        .text("signal")
        .filter(s -> !s.equals("*"))
        .ifPresent(
            s -> {
              throw inner.error("signal", "is not supported by the embedded coordinator yet");
            });
    RetryRule rule =
        new RetryRule(
            statuses.isEmpty() ? List.of("*") : statuses,
            inner.text("signal_reason").orElse("*"),
            inner.number("limit", 0, MOST_RETRIES).orElse(2));
    inner.close();
    return rule;
  }
}
