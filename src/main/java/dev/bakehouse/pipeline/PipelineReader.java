package dev.bakehouse.pipeline;

import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// From a JSON tree to steps: tells the kinds of steps apart.
final class PipelineReader {
  /// Kinds of steps the embedded coordinator does not run.
  private static final List<String> OTHERS = List.of("block", "input", "trigger", "manual");

  private static final Set<String> COMMANDS = Set.of("command", "commands", "script");
  private static final Set<String> WAITS = Set.of("wait", "waiter");

  private PipelineReader() {}

  static Pipeline read(String name, JsonNode tree) {
    JsonNode root = tree;
    if (tree.isArray()) {
      root = JsonNodeFactory.instance.objectNode().set("steps", tree);
    }
    Fields fields = new Fields(name, root);
    Map<String, String> env = fields.map("env");
    Map<String, String> agents = agents(fields);
    fields.value("notify");
    JsonNode steps =
        fields
            .value("steps")
            .filter(JsonNode::isArray)
            .orElseThrow(
                () -> new UserError(name + " has no list of steps", "Write `steps:` with a list."));
    fields.close();
    return new Pipeline(env, agents, steps(steps, true));
  }

  private static List<Step> steps(JsonNode list, boolean groups) {
    List<Step> all = new ArrayList<>();
    int number = 0;
    for (JsonNode entry : list) {
      number++;
      all.add(step(entry, number, groups));
    }
    return all;
  }

  /// One step from its JSON, as [CommandStep#source] keeps it.
  static Step step(JsonNode entry, int number, boolean groups) {
    if (entry.isString()) {
      String word = entry.asString();
      if (WAITS.contains(word)) {
        return new WaitStep(Optional.empty(), false);
      }
      throw OTHERS.contains(word) ? unsupported(word, number) : unknown(entry, number);
    }
    if (!entry.isObject()) {
      throw unknown(entry, number);
    }
    String type = entry.path("type").isString() ? entry.path("type").asString() : "";
    for (String other : OTHERS) {
      if (entry.has(other) || type.equals(other)) {
        throw unsupported(other, number);
      }
    }
    if (entry.has("group")) {
      if (!groups) {
        throw new UserError(
            "Step " + number + " is a group inside a group", "Move it one level up.");
      }
      return group(entry, number);
    }
    if (entry.has("wait") || entry.has("waiter") || WAITS.contains(type)) {
      return waiting(entry, number);
    }
    boolean command = COMMANDS.stream().anyMatch(entry::has) || COMMANDS.contains(type);
    if (command || entry.has("plugins")) {
      return CommandReader.read(entry, number);
    }
    throw unknown(entry, number);
  }

  private static Step waiting(JsonNode entry, int number) {
    Fields fields = new Fields("step " + number + " (wait)", entry);
    fields.value("wait", "waiter", "type", "label", "name");
    WaitStep step =
        new WaitStep(fields.text("key", "id", "identifier"), fields.flag("continue_on_failure"));
    if (fields.value("depends_on").isPresent()) {
      throw fields.error("depends_on", "is not supported by the embedded coordinator yet");
    }
    fields.close();
    return step;
  }

  private static Step group(JsonNode entry, int number) {
    Optional<String> label = new Fields("step " + number, entry).text("group");
    Fields fields = new Fields("step " + number + " (group " + label.orElse("") + ")", entry);
    fields.value("group", "type", "notify");
    Optional<String> name = fields.text("label", "name");
    JsonNode steps =
        fields
            .value("steps")
            .filter(JsonNode::isArray)
            .orElseThrow(() -> fields.error("steps", "must be a list of steps"));
    if (fields.flag("skip")) {
      throw fields.error("skip", "is not supported by the embedded coordinator yet");
    }
    fields.value("if_changed");
    GroupStep group =
        new GroupStep(
            fields.text("key", "id", "identifier"),
            label.or(() -> name).orElse(""),
            dependsOn(fields),
            fields.flag("allow_dependency_failure"),
            steps(steps, false));
    if (fields.value("if").isPresent()) {
      throw fields.error("if", "is not supported by the embedded coordinator yet");
    }
    fields.close();
    return group;
  }

  static Optional<List<Dependency>> dependsOn(Fields fields) {
    Optional<JsonNode> value = fields.value("depends_on");
    if (!fields.written("depends_on")) {
      return Optional.empty();
    }
    List<Dependency> all = new ArrayList<>();
    value.ifPresent(
        v -> {
          if (v.isArray()) {
            v.forEach(item -> all.add(dependency(fields, item)));
          } else {
            all.add(dependency(fields, v));
          }
        });
    return Optional.of(all);
  }

  private static Dependency dependency(Fields fields, JsonNode item) {
    if (!item.isObject()) {
      return new Dependency(fields.scalar("depends_on", item), false);
    }
    Fields inner = new Fields("`depends_on`", item);
    String step = inner.text("step").orElseThrow(() -> fields.error("depends_on", "names no step"));
    Dependency dependency = new Dependency(step, inner.flag("allow_failure"));
    inner.close();
    return dependency;
  }

  /// `agents` as a list of `name=value` or as names and values.
  static Map<String, String> agents(Fields fields) {
    Optional<JsonNode> value = fields.value("agents");
    if (value.isEmpty() || value.get().isObject()) {
      return fields.map("agents");
    }
    Map<String, String> all = new LinkedHashMap<>();
    for (String rule : fields.texts("agents")) {
      int equals = rule.indexOf('=');
      if (equals < 1) {
        throw fields.error("agents", "must be written `name=value`, not `" + rule + "`");
      }
      all.put(rule.substring(0, equals), rule.substring(equals + 1));
    }
    return all;
  }

  private static UserError unsupported(String kind, int number) {
    return new UserError(
        "not supported by the embedded coordinator yet: " + kind + " (step " + number + ")",
        "Remove the step, or run the pipeline on Buildkite.");
  }

  private static UserError unknown(JsonNode entry, int number) {
    String text = entry.toString();
    return new UserError(
        "Step "
            + number
            + " is of no known kind: "
            + (text.length() > 200 ? text.substring(0, 200) + "…" : text),
        "Give it a `command`, `wait` or `group`.");
  }
}
