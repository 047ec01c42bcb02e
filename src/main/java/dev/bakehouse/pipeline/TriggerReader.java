package dev.bakehouse.pipeline;

import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// Reads a `trigger` step.
final class TriggerReader {
  private TriggerReader() {}

  static TriggerStep read(Fields fields, String source) {
    StepBase base = PipelineReader.base(fields, StepForm.TRIGGER);
    fields.value("if_changed", "notify");
    JsonNode attributes =
        fields.value("build").orElseGet(() -> JsonNodeFactory.instance.objectNode());
    Fields build = fields.inner("build", attributes);
    Optional<String> message = build.text("message");
    Optional<String> commit = build.text("commit");
    Optional<String> branch = build.text("branch");
    Map<String, String> env = build.map("env");
    Map<String, String> metaData = build.map("meta_data");
    build.close();
    return new TriggerStep(
        base,
        fields.text("trigger").orElseThrow(() -> fields.error("trigger", "names no pipeline")),
        fields.flag("async"),
        message,
        commit,
        branch,
        env,
        metaData,
        CommandReader.softFail(fields).all(),
        CommandReader.parallelism(fields),
        source);
  }
}
