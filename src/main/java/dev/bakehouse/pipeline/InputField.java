package dev.bakehouse.pipeline;

import dev.bakehouse.platform.UserError;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// One question of a `block` or `input` step.
///
/// @param key of the meta-data that the answer becomes
/// @param name what people see
/// @param preset the answer when none is given; several choices one a line
/// @param format the answer fits this pattern, as a whole
/// @param options values with their labels; empty: any text
/// @param multiple several of the options may be chosen
public record InputField(
    String key,
    String name,
    Optional<String> hint,
    boolean required,
    Optional<String> preset,
    Optional<String> format,
    Map<String, String> options,
    boolean multiple) {
  public InputField {
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
  }

  /// @param answer absent: the preset counts
  /// @return what the meta-data will hold; empty for a field that may stay so
  /// @throws UserError when the answer is none
  public String value(Optional<String> answer) {
    String value =
        answer.or(() -> preset).orElse("").replace("\r\n", "\n").replace('\r', '\n').strip();
    if (value.isEmpty()) {
      if (required) {
        throw new UserError("The field `" + key + "` (" + name + ") has no value", choice());
      }
      return value;
    }
    if (!options.isEmpty()) {
      chosen(value);
    } else if (format.isPresent() && !SafePattern.of(format.get(), false).fits(value)) {
      throw wrong(value, "Its form: " + format.get());
    }
    return value;
  }

  private void chosen(String value) {
    List<String> lines = value.lines().toList();
    if (lines.size() > 1 && !multiple) {
      throw wrong(value, "Choose one: " + words());
    }
    for (String line : lines) {
      if (!options.containsKey(line)) {
        throw wrong(line, choice());
      }
    }
  }

  private UserError wrong(String value, String remedy) {
    return new UserError(
        "The field `" + key + "` (" + name + ") can not be `" + value + "`", remedy);
  }

  /// What can be answered, in one sentence.
  private String choice() {
    return options.isEmpty()
        ? "Give it one" + format.map(f -> " of the form " + f).orElse("") + "."
        : "Choose " + (multiple ? "one or more" : "one") + " of: " + words();
  }

  private String words() {
    return options.keySet().stream().collect(Collectors.joining(", "));
  }
}
