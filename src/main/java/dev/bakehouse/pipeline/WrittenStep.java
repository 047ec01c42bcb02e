package dev.bakehouse.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// One step as it is written, with every key it has. What is asked for and has a wrong type counts
/// as absent: finding that is [Lint]'s work.
///
/// @param number among all steps of the pipeline, from 1
/// @param body its keys and values; for a step that is a single word, empty
/// @param line where it begins
/// @param group the group it is in
/// @param members of a group
public record WrittenStep(
    StepForm form,
    int number,
    ObjectNode body,
    int line,
    Optional<WrittenStep> group,
    List<WrittenStep> members) {

  public Optional<String> key() {
    return text("key", "id", "identifier");
  }

  public Optional<String> label() {
    return text("label", "name").or(() -> form == StepForm.COMMAND ? Optional.empty() : word());
  }

  private Optional<String> word() {
    return text(form.words().toArray(String[]::new));
  }

  /// How messages call it: its key, else what people see.
  public String title() {
    return key()
        .or(this::label)
        .or(() -> command().lines().findFirst())
        .orElse(form.word() + " in line " + line);
  }

  /// The lines of a command step.
  public String command() {
    List<String> all = new ArrayList<>();
    for (String word : StepForm.COMMAND.words()) {
      JsonNode value = body.path(word);
      if (value.isArray()) {
        value.forEach(item -> all.add(item.asString("")));
      } else if (value.isValueNode() && !value.isNull()) {
        all.add(value.asString());
      }
    }
    return String.join("\n", all);
  }

  /// Absent: the step waits for the last barrier above it. Present, even when empty: for these
  /// only.
  public Optional<List<Dependency>> dependsOn() {
    JsonNode value = body.get("depends_on");
    if (value == null) {
      return Optional.empty();
    }
    List<Dependency> all = new ArrayList<>();
    for (JsonNode item : value.isArray() ? value.values() : List.of(value)) {
      if (item.isObject()) {
        String step = item.path("step").asString("");
        all.add(new Dependency(step, item.path("allow_failure").asBoolean(false)));
      } else if (item.isValueNode() && !item.isNull()) {
        all.add(new Dependency(item.asString(), false));
      }
    }
    return Optional.of(all);
  }

  /// Its own; when empty, the pipeline's hold.
  public Map<String, String> agents() {
    return tags(body.path("agents"));
  }

  /// `agents` as names and values or as a list of `name=value`.
  static Map<String, String> tags(JsonNode agents) {
    Map<String, String> all = new LinkedHashMap<>();
    if (agents instanceof ObjectNode object) {
      object.properties().forEach(e -> all.put(e.getKey(), scalar(e.getValue())));
    } else if (agents instanceof ArrayNode list) {
      for (JsonNode item : list) {
        String rule = scalar(item);
        int equals = rule.indexOf('=');
        all.put(
            equals < 0 ? rule : rule.substring(0, equals),
            equals < 0 ? "" : rule.substring(equals + 1));
      }
    }
    return all;
  }

  /// The first of several names of one key that holds a single value.
  public Optional<String> text(String... names) {
    for (String name : names) {
      JsonNode value = body.path(name);
      if (value.isValueNode() && !value.isNull()) {
        return Optional.of(scalar(value));
      }
    }
    return Optional.empty();
  }

  /// A value as an environment would hold it; containers and null are empty.
  static String scalar(JsonNode value) {
    return value.isBigDecimal() ? value.decimalValue().toPlainString() : value.asString("");
  }

  /// Short: a group and its members name each other.
  @Override
  public String toString() {
    return form.word() + " " + title();
  }

  /// Without its group and members.
  @Override
  public boolean equals(Object other) {
    return other instanceof WrittenStep step && step.number == number && step.body.equals(body);
  }

  @Override
  public int hashCode() {
    return number;
  }
}
