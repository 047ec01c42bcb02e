package dev.bakehouse.pipeline;

import dev.bakehouse.config.ConfigError;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// A pipeline for Buildkite as it is written: all kinds of steps, known and unknown keys, in order.
/// Nothing is checked but that it can be read; [Pipeline] is what the embedded coordinator runs.
public final class WrittenPipeline {
  private final String name;
  private final JsonNode root;
  private final ArrayNode list;
  private final Lines lines;
  private final List<WrittenStep> steps = new ArrayList<>();
  private int count;

  private WrittenPipeline(String name, JsonNode root, ArrayNode list, Lines lines) {
    this.name = name;
    this.root = root;
    this.list = list;
    this.lines = lines;
    for (int i = 0; i < list.size(); i++) {
      steps.add(step(list, i, Optional.empty()));
    }
  }

  /// @throws UserError when the file can not be read
  /// @throws ConfigError with file and line when it is no pipeline
  public static WrittenPipeline read(Path file) {
    try {
      return parse(file.toString(), Files.readString(file));
    } catch (IOException e) {
      throw new UserError(
          "Could not read the pipeline " + file + ": " + Reason.of(e),
          "Check its path, mode and contents.",
          e);
    }
  }

  /// @param name what messages call the text
  /// @param text YAML or JSON: keys with `steps` among them, or the list of steps alone
  /// @throws ConfigError with name and line when it is no pipeline
  public static WrittenPipeline parse(String name, String text) {
    Lines lines = new Lines();
    JsonNode root = YamlTree.parse(name, text, lines);
    if (root instanceof ArrayNode list) {
      return new WrittenPipeline(name, root, list, lines);
    }
    if (root.get("steps") instanceof ArrayNode list) {
      return new WrittenPipeline(name, root, list, lines);
    }
    throw new ConfigError(
        name + ":" + lines.of(root, "steps"), "there is no list of steps", "Write one: `steps:`.");
  }

  private WrittenStep step(ArrayNode siblings, int index, Optional<WrittenStep> group) {
    JsonNode entry = siblings.get(index);
    StepForm form = StepForm.of(entry);
    ObjectNode body =
        entry instanceof ObjectNode object
            ? form.words().stream()
                .map(object::get)
                .filter(ObjectNode.class::isInstance)
                .map(ObjectNode.class::cast)
                .findFirst()
                .orElse(object)
            : JsonNodeFactory.instance.objectNode();
    List<WrittenStep> members = new ArrayList<>();
    WrittenStep step =
        new WrittenStep(form, ++count, body, lines.of(siblings, index), group, members);
    if (form == StepForm.GROUP && body.get("steps") instanceof ArrayNode inner) {
      for (int i = 0; i < inner.size(); i++) {
        members.add(step(inner, i, Optional.of(step)));
      }
    }
    return step;
  }

  public String name() {
    return name;
  }

  public Lines lines() {
    return lines;
  }

  /// Keys and values, or the list of steps.
  public JsonNode root() {
    return root;
  }

  /// The list behind [#steps], to add to.
  ArrayNode list() {
    return list;
  }

  /// The steps of the top level.
  public List<WrittenStep> steps() {
    return List.copyOf(steps);
  }

  /// All steps, a group before its members.
  public Stream<WrittenStep> all() {
    return steps.stream().flatMap(WrittenPipeline::withMembers);
  }

  private static Stream<WrittenStep> withMembers(WrittenStep step) {
    return Stream.concat(
        Stream.of(step), step.members().stream().flatMap(WrittenPipeline::withMembers));
  }

  /// What an agent of a step must have: the step's own tags, else the pipeline's.
  public Map<String, String> agents(WrittenStep step) {
    Map<String, String> own = step.agents();
    return own.isEmpty() ? WrittenStep.tags(root.path("agents")) : own;
  }

  /// As JSON: in YAML an `ON` or a `24.04` could change its type on the way.
  public String json() {
    return JsonText.of(root) + "\n";
  }
}
