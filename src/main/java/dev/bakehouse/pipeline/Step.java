package dev.bakehouse.pipeline;

import java.util.List;
import java.util.Optional;

/// One entry below `steps`.
public sealed interface Step permits CommandStep, WaitStep, InputStep, TriggerStep, GroupStep {
  StepBase base();

  /// The step as it was written, as JSON; a group without its members. [#parse] reads it back.
  String source();

  /// What errors call it.
  String title();

  default Optional<String> key() {
    return base().key();
  }

  default Optional<List<Dependency>> dependsOn() {
    return base().dependsOn();
  }

  /// Reads back what [#source] gave.
  static Step parse(String source) {
    return PipelineReader.step(YamlTree.parse("a stored step", source), 0, true);
  }
}
