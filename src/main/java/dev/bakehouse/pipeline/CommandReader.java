package dev.bakehouse.pipeline;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// Reads a command step.
final class CommandReader {
  private static final int MOST_PARALLEL = 1000;
  private static final int MOST_RETRIES = 10;

  /// Keys that change nothing about how a step runs here; `if_changed` is the agent's work.
  private static final String[] HARMLESS = {"notify", "if_changed", "signature", "cache"};

  /// Keys whose meaning the coordinator lacks: to ignore them would run something else than asked.
  private static final List<String> LACKING = List.of("secrets", "image", "checkout");

  private CommandReader() {}

  static CommandStep read(Fields fields, String source) {
    StepBase base = PipelineReader.base(fields, StepForm.COMMAND);
    for (String key : LACKING) {
      fields
          .value(key)
          .filter(CommandReader::means)
          .ifPresent(
              v -> {
                throw fields.error(
                    key,
                    "is not supported by the embedded coordinator yet",
                    "Remove it to run the pipeline here; at Buildkite it works.");
              });
    }
    fields.value(HARMLESS);
    Optional<Integer> parallelism = parallelism(fields);
    List<Combination> matrix = MatrixReader.read(fields);
    if (parallelism.isPresent() && !matrix.isEmpty()) {
      throw fields.error("parallelism", "can not stand beside `matrix`");
    }
    return new CommandStep(
        base,
        String.join("\n", fields.texts("command", "commands", "script")),
        PipelineReader.agents(fields),
        parallelism,
        matrix,
        fields.map("env"),
        artifactPaths(fields),
        RetryReader.automatic(fields, MOST_RETRIES),
        RetryReader.manual(fields),
        softFail(fields),
        timeout(fields),
        PipelineReader.priority(fields),
        concurrency(fields),
        fields.flag("cancel_on_build_failing"),
        plugins(fields),
        source);
  }

  private static boolean means(JsonNode value) {
    return (!value.isEmpty() || value.isValueNode())
        && !value.isNull()
        && !(value.isBoolean() && !value.asBoolean());
  }

  /// The keys of a step that only Buildkite can do something with.
  static List<String> lacking(JsonNode body) {
    return LACKING.stream().filter(key -> means(body.path(key))).toList();
  }

  static Optional<Integer> parallelism(Fields fields) {
    return fields.number("parallelism", 1, MOST_PARALLEL);
  }

  private static List<String> artifactPaths(Fields fields) {
    List<String> all = new ArrayList<>();
    for (String text : fields.texts("artifact_paths", "artifacts")) {
      for (String path : text.split(";")) {
        if (!path.isBlank()) {
          all.add(path.strip());
        }
      }
    }
    return all;
  }

  /// Why not to run; an empty text is no reason, and `true` is one.
  static Optional<String> skip(Fields fields) {
    return fields.text("skip").filter(text -> !text.equals("false") && !text.isEmpty());
  }

  private static Optional<Duration> timeout(Fields fields) {
    return fields
        .text("timeout_in_minutes", "timeout")
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

  static SoftFail softFail(Fields fields) {
    Optional<JsonNode> value = fields.value("soft_fail");
    if (value.isEmpty() || !value.get().isArray()) {
      return new SoftFail(fields.flag("soft_fail"), List.of());
    }
    List<String> statuses = new ArrayList<>();
    for (JsonNode item : value.get()) {
      Fields inner = fields.inner("soft_fail", item);
      statuses.addAll(inner.texts("exit_status"));
      inner.close();
    }
    return new SoftFail(statuses.contains("*"), statuses);
  }

  private static Optional<Concurrency> concurrency(Fields fields) {
    Optional<Integer> limit = fields.number("concurrency", 1, Integer.MAX_VALUE);
    Optional<String> group = fields.text("concurrency_group");
    Optional<String> method = fields.text("concurrency_method");
    if (limit.isPresent() != group.isPresent()) {
      throw fields.error(
          limit.isPresent() ? "concurrency" : "concurrency_group",
          "must stand beside `" + (limit.isPresent() ? "concurrency_group`" : "concurrency`"));
    }
    if (!Set.of("ordered", "eager").contains(method.orElse("ordered"))
        || (method.isPresent() && group.isEmpty())) {
      throw fields.error(
          "concurrency_method", "must be ordered or eager, beside `concurrency_group`");
    }
    return group.map(
        name -> new Concurrency(name, limit.orElse(1), method.orElse("").equals("eager")));
  }

  /// As the agent takes them: a list of names, or of names with their settings.
  private static Optional<String> plugins(Fields fields) {
    Optional<JsonNode> value = fields.value("plugins").filter(v -> !v.isEmpty());
    if (value.isEmpty() || value.get().isArray()) {
      return value.map(JsonNode::toString);
    }
    if (!value.get().isObject()) {
      throw fields.error("plugins", "must be a list");
    }
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    value.get().properties().forEach(e -> list.addObject().set(e.getKey(), e.getValue()));
    return Optional.of(list.toString());
  }
}
