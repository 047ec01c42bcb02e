package dev.bakehouse.pipeline;

import dev.bakehouse.platform.UserError;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A step that waits for a person: `block`, or `input`, which holds up only what depends on it.
///
/// @param block what comes later waits for it
/// @param blockedState what the build is called while it waits: `passed`, `failed` or `running`
public record InputStep(
    StepBase base,
    boolean block,
    Optional<String> prompt,
    List<InputField> fields,
    String blockedState,
    String source)
    implements Step {
  public InputStep {
    fields = List.copyOf(fields);
  }

  @Override
  public String title() {
    return (block ? "block" : "input") + " `" + key().or(base::label).orElse("") + "`";
  }

  /// What a person's answers leave as meta-data: every field has a value.
  ///
  /// @param answers by the fields' keys; several choices one a line
  /// @throws UserError naming the field that has no or a wrong answer
  public Map<String, String> values(Map<String, String> answers) {
    for (String key : answers.keySet()) {
      if (fields.stream().noneMatch(field -> field.key().equals(key))) {
        throw new UserError(
            "The " + title() + " has no field `" + key + "`",
            fields.isEmpty()
                ? "Answer without fields."
                : "Its fields: "
                    + String.join(", ", fields.stream().map(InputField::key).toList()));
      }
    }
    Map<String, String> all = new LinkedHashMap<>();
    for (InputField field : fields) {
      all.put(field.key(), field.value(Optional.ofNullable(answers.get(field.key()))));
    }
    return all;
  }
}
