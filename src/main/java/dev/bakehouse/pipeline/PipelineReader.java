package dev.bakehouse.pipeline;

import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// From a JSON tree to steps.
final class PipelineReader {
  private PipelineReader() {}

  static Pipeline read(String name, JsonNode tree) {
    JsonNode root = tree;
    if (tree.isArray()) {
      root = JsonNodeFactory.instance.objectNode().set("steps", tree);
    }
    Fields fields = new Fields(name, root);
    Map<String, String> env = fields.map("env");
    Map<String, String> agents = agents(fields);
    Optional<Integer> priority = priority(fields);
    JsonNode steps =
        fields
            .value("steps")
            .filter(JsonNode::isArray)
            .orElseThrow(
                () -> new UserError(name + " has no list of steps", "Write `steps:` with a list."));
    try {
      return new Pipeline(env, agents, priority, steps(steps, true), fields.others());
    } catch (UserError e) {
      throw new UserError(name + ": " + e.getMessage(), e.remedy(), e);
    }
  }

  /// Reads the keys beside the steps.
  ///
  /// @throws UserError for one that can not be
  static void top(ObjectNode root) {
    Fields fields = new Fields("the pipeline", root);
    Map<String, String> _ = fields.map("env");
    Map<String, String> _ = agents(fields);
    Optional<Integer> _ = priority(fields);
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

  /// One step from its JSON, as [Step#source] keeps it.
  ///
  /// @param number what errors call it
  /// @param groups whether it may be a group
  static Step step(JsonNode entry, int number, boolean groups) {
    JsonNode body = entry.isString() ? JsonNodeFactory.instance.objectNode() : entry;
    StepForm form = StepForm.of(entry);
    if (form == StepForm.UNKNOWN || !body.isObject()) {
      throw unknown(entry, number);
    }
    Optional<String> name = new Fields("step " + number, body).text("key", "id", "label", "name");
    String kind = form == StepForm.COMMAND ? "" : form.word() + " ";
    Optional<String> shown = name.map(n -> kind + n).or(() -> Optional.of(form.word()));
    Fields fields =
        new Fields(
            "step "
                + number
                + (form == StepForm.COMMAND && name.isEmpty() ? "" : " (" + shown.orElse("") + ")"),
            body);
    fields.value("type");
    Step step =
        switch (form) {
          case COMMAND -> CommandReader.read(fields, entry.toString());
          case WAIT -> waiting(fields, form, entry.toString());
          case BLOCK, INPUT -> InputReader.read(fields, form, entry.toString());
          case TRIGGER -> TriggerReader.read(fields, entry.toString());
          case GROUP -> group(fields, (ObjectNode) body, number, groups);
          case UNKNOWN -> throw unknown(entry, number);
        };
    fields.close();
    return step;
  }

  private static Step waiting(Fields fields, StepForm form, String source) {
    return new WaitStep(base(fields, form), fields.flag("continue_on_failure"), source);
  }

  private static Step group(Fields fields, ObjectNode body, int number, boolean groups) {
    if (!groups) {
      throw new UserError("Step " + number + " is a group inside a group", "Move it one level up.");
    }
    StepBase base = base(fields, StepForm.GROUP);
    fields.value("notify", "if_changed");
    JsonNode steps =
        fields
            .value("steps")
            .filter(JsonNode::isArray)
            .orElseThrow(() -> fields.error("steps", "must be a list of steps"));
    ObjectNode bare = body.deepCopy();
    bare.putArray("steps");
    return new GroupStep(base, steps(steps, false), bare.toString());
  }

  /// The keys that steps of all kinds have.
  static StepBase base(Fields fields, StepForm form) {
    Optional<String> label =
        form == StepForm.COMMAND || form == StepForm.TRIGGER
            ? Optional.empty()
            : fields.text(form.words().toArray(String[]::new));
    Optional<String> name = fields.text("label", "name");
    Optional<String> when = fields.text("if").filter(text -> !text.isBlank());
    Optional<String> branches =
        Optional.of(String.join(" ", fields.texts("branches"))).filter(text -> !text.isBlank());
    if (when.isPresent() && branches.isPresent()) {
      throw fields.error("if", "can not stand beside `branches`");
    }
    when.ifPresent(
        text -> {
          try {
            Condition.parse(text);
          } catch (UserError e) {
            throw fields.error("if", String.valueOf(e.getMessage()), e.remedy());
          }
        });
    return new StepBase(
        fields.text("key", "id", "identifier"),
        label.filter(l -> !l.isEmpty()).or(() -> name),
        dependsOn(fields),
        fields.flag("allow_dependency_failure"),
        when,
        branches.map(BranchPattern::new),
        CommandReader.skip(fields));
  }

  private static Optional<List<Dependency>> dependsOn(Fields fields) {
    Optional<JsonNode> value = fields.value("depends_on");
    if (!fields.has("depends_on")) {
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
    Fields inner = fields.inner("depends_on", item);
    String step = inner.text("step").orElseThrow(() -> fields.error("depends_on", "names no step"));
    Dependency dependency = new Dependency(step, inner.flag("allow_failure"));
    inner.close();
    return dependency;
  }

  /// `agents` as a list of `name=value` or as names and values.
  static Map<String, String> agents(Fields fields) {
    String key = fields.has("agents") ? "agents" : "agent_query_rules";
    Optional<JsonNode> value = fields.value("agents", "agent_query_rules");
    if (value.isEmpty() || value.get().isObject()) {
      return fields.map(key);
    }
    Map<String, String> all = new LinkedHashMap<>();
    for (String rule : fields.texts(key)) {
      int equals = rule.indexOf('=');
      if (equals < 1) {
        throw fields.error(key, "must be written `name=value`, not `" + rule + "`");
      }
      all.put(rule.substring(0, equals), rule.substring(equals + 1));
    }
    return all;
  }

  static Optional<Integer> priority(Fields fields) {
    return fields.number("priority", Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  private static UserError unknown(JsonNode entry, int number) {
    String text = entry.toString();
    return new UserError(
        "Step "
            + number
            + " is of no known kind: "
            + (text.length() > 200 ? text.substring(0, 200) + "…" : text),
        "Give it a `command`, `wait`, `block`, `input`, `trigger` or `group`.");
  }
}
