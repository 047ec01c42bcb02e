package dev.bakehouse.pipeline;

import java.util.List;

/// Steps under one label; its dependencies, its `if` and its `skip` hold for each of them.
public record GroupStep(StepBase base, List<Step> steps, String source) implements Step {
  public GroupStep {
    steps = List.copyOf(steps);
  }

  @Override
  public String title() {
    return "group `" + key().or(base::label).orElse("") + "`";
  }

  /// The same group with other members.
  public GroupStep with(List<Step> members) {
    return new GroupStep(base, members, source);
  }
}
