package dev.bakehouse.pipeline;

import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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
              list.forEach(item -> all.add(field(fields.inner("fields", item))));
            });
    return new InputStep(base, form == StepForm.BLOCK, fields.text("prompt"), all, state, source);
  }

  private static InputField field(Fields fields) {
    String key = fields.text("key").orElseThrow(() -> fields.error("key", "is missing"));
    if (!key.matches("[A-Za-z0-9/_-]+")) {
      throw fields.error("key", "may have letters, digits, `/`, `-` and `_`, not: " + key);
    }
    boolean select = fields.has("select");
    Map<String, String> options = new LinkedHashMap<>();
    fields
        .value("options")
        .ifPresent(list -> list.forEach(one -> option(fields.inner("options", one), options)));
    if (select && options.isEmpty()) {
      throw fields.error("options", "of the field `" + key + "` are missing");
    }
    Optional<String> format = fields.text("format");
    format.ifPresent(pattern -> insistPattern(fields, pattern));
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

  private static void insistPattern(Fields fields, String pattern) {
    try {
      SafePattern.of(pattern, false);
    } catch (UserError e) {
      throw fields.error("format", String.valueOf(e.getMessage()), e.remedy());
    }
  }

  private static void option(Fields fields, Map<String, String> options) {
    String value = fields.text("value").orElseThrow(() -> fields.error("value", "is missing"));
    options.put(value, fields.text("label").orElse(value));
    fields.value("hint", "required");
    fields.close();
  }
}
