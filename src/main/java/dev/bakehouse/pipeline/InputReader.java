package dev.bakehouse.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Reads `block` and `input` steps.
final class InputReader {
  private static final Set<String> STATES = Set.of("passed", "failed", "running");

  private InputReader() {}

  static InputStep read(Fields fields, StepForm form, String source) {
    StepBase base = PipelineReader.base(fields, form);
    fields.value("submit", "allowed_teams");
    String state = fields.text("blocked_state").orElse("passed");
    if (!STATES.contains(state)) {
      throw fields.error("blocked_state", "must be passed, failed or running, not " + state);
    }
    List<InputField> all = new ArrayList<>();
    fields
        .value("fields")
        .ifPresent(
            list -> {
              if (!list.isArray()) {
                throw fields.error("fields", "must be a list");
              }
              list.forEach(item -> all.add(field(item)));
            });
    return new InputStep(base, form == StepForm.BLOCK, fields.text("prompt"), all, state, source);
  }

  private static InputField field(JsonNode item) {
    Fields fields = new Fields("`fields`", item);
    String key = fields.text("key").orElseThrow(() -> fields.error("key", "is missing"));
    if (!key.matches("[A-Za-z0-9/_-]+")) {
      throw fields.error("key", "may have letters, digits, `/`, `-` and `_`, not: " + key);
    }
    boolean select = fields.written("select");
    Map<String, String> options = new LinkedHashMap<>();
    fields.value("options").ifPresent(list -> list.forEach(one -> option(one, options)));
    if (select && options.isEmpty()) {
      throw fields.error("options", "of the field `" + key + "` are missing");
    }
    Optional<String> format = fields.text("format");
    format.ifPresent(pattern -> SafePattern.of(pattern, false));
    List<String> preset = fields.texts("default");
    InputField field =
        new InputField(
            key,
            fields.text(select ? "select" : "text").orElse(key),
            fields.text("hint"),
            !fields.text("required").orElse("true").equals("false"),
            preset.isEmpty() ? Optional.empty() : Optional.of(String.join("\n", preset)),
            format,
            options,
            fields.flag("multiple"));
    fields.close();
    return field;
  }

  private static void option(JsonNode item, Map<String, String> options) {
    Fields fields = new Fields("`options`", item);
    String value = fields.text("value").orElseThrow(() -> fields.error("value", "is missing"));
    options.put(value, fields.text("label").orElse(value));
    fields.value("hint", "required");
    fields.close();
  }
}
