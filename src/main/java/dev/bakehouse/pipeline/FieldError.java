package dev.bakehouse.pipeline;

import dev.bakehouse.platform.UserError;
import tools.jackson.databind.JsonNode;

/// A value of a pipeline that can not be, with its place in the tree.
final class FieldError extends UserError {
  private final String top;
  private final transient JsonNode object;
  private final String key;

  /// @param top the key of the step, or of the pipeline, in which it is wrong
  /// @param object what has or lacks the value, somewhere below it
  /// @param key of the value in that
  FieldError(String top, JsonNode object, String key, String message, String remedy) {
    super(message, remedy);
    this.top = top;
    this.object = object;
    this.key = key;
  }

  String top() {
    return top;
  }

  JsonNode object() {
    return object;
  }

  String key() {
    return key;
  }
}
