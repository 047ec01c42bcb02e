package dev.bakehouse.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Reads and multiplies out the `matrix` of a step
/// (https://buildkite.com/docs/pipelines/configure/workflows/build-matrix).
final class MatrixReader {
  private static final int DIMENSIONS = 6;
  private static final int ELEMENTS = 25;
  private static final int ADJUSTMENTS = 12;
  private static final int JOBS = 50;

  private final Fields step;
  private final Map<String, List<String>> dimensions = new LinkedHashMap<>();
  private final Map<Map<String, String>, Combination> all = new LinkedHashMap<>();

  private MatrixReader(Fields step) {
    this.step = step;
  }

  static List<Combination> read(Fields step) {
    Optional<JsonNode> value = step.value("matrix");
    if (value.isEmpty()) {
      return List.of();
    }
    MatrixReader reader = new MatrixReader(step);
    if (value.get().isArray()) {
      reader.setup(value.get());
    } else {
      Fields matrix = step.inner("matrix", value.get());
      reader.setup(matrix.value("setup").orElseThrow(() -> step.error("matrix", "has no `setup`")));
      List<JsonNode> adjustments = new ArrayList<>();
      matrix.value("adjustments").ifPresent(list -> list.forEach(adjustments::add));
      if (adjustments.size() > ADJUSTMENTS) {
        throw step.error("matrix", "has more than " + ADJUSTMENTS + " adjustments");
      }
      adjustments.forEach(reader::adjust);
      matrix.close();
    }
    if (reader.all.size() > JOBS) {
      throw step.error("matrix", "makes " + reader.all.size() + " jobs; " + JOBS + " are allowed");
    }
    return List.copyOf(reader.all.values());
  }

  private void setup(JsonNode setup) {
    ObjectNode object =
        setup instanceof ObjectNode named
            ? named
            : JsonNodeFactory.instance.objectNode().set("", setup);
    if (object.isEmpty() || object.size() > DIMENSIONS) {
      throw step.error("matrix", "must have 1 to " + DIMENSIONS + " dimensions");
    }
    object
        .properties()
        .forEach(
            e -> {
              List<String> elements = new ArrayList<>();
              e.getValue().forEach(item -> elements.add(step.scalar("matrix", item)));
              if (!e.getValue().isArray() || elements.isEmpty() || elements.size() > ELEMENTS) {
                throw step.error(
                    "matrix",
                    "must have a list of 1 to " + ELEMENTS + " values for each dimension");
              }
              dimensions.put(e.getKey(), elements);
            });
    long jobs = 1;
    for (List<String> elements : dimensions.values()) {
      jobs *= elements.size();
    }
    if (jobs > (long) JOBS + ADJUSTMENTS) {
      throw step.error("matrix", "makes " + jobs + " jobs; " + JOBS + " are allowed");
    }
    multiply(List.copyOf(dimensions.keySet()), new LinkedHashMap<>());
  }

  private void multiply(List<String> names, Map<String, String> chosen) {
    if (chosen.size() == names.size()) {
      Map<String, String> values = new LinkedHashMap<>(chosen);
      all.put(values, new Combination(values, Optional.empty(), Optional.empty()));
      return;
    }
    String name = names.get(chosen.size());
    for (String element : dimensions.getOrDefault(name, List.of())) {
      chosen.put(name, element);
      multiply(names, chosen);
      chosen.remove(name);
    }
  }

  private void adjust(JsonNode item) {
    Fields fields = step.inner("matrix", "matrix.adjustments", item);
    JsonNode with = fields.value("with").orElseThrow(() -> fields.error("with", "is missing"));
    Map<String, String> values = new LinkedHashMap<>();
    if (with.isObject()) {
      with.properties().forEach(e -> values.put(e.getKey(), fields.scalar("with", e.getValue())));
    } else {
      values.put("", fields.scalar("with", with));
    }
    if (!values.keySet().equals(dimensions.keySet())) {
      throw fields.error(
          "with",
          "must have a value for each dimension: " + String.join(", ", dimensions.keySet()));
    }
    Optional<String> skip = CommandReader.skip(fields);
    Optional<SoftFail> softFail =
        fields.value("soft_fail").isPresent()
            ? Optional.of(CommandReader.softFail(fields))
            : Optional.empty();
    fields.close();
    Combination before = all.get(values);
    all.put(
        values,
        new Combination(
            values,
            skip.or(() -> before == null ? Optional.empty() : before.skip()),
            softFail.or(() -> before == null ? Optional.empty() : before.softFail())));
  }
}
