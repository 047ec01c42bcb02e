package dev.bakehouse.pipeline;

import java.util.List;
import java.util.Optional;

/// Steps under one label; its dependencies hold for each of them.
public record GroupStep(
    Optional<String> key,
    String label,
    Optional<List<Dependency>> dependsOn,
    boolean allowDependencyFailure,
    List<Step> steps)
    implements Step {
  public GroupStep {
    dependsOn = dependsOn.map(List::copyOf);
    steps = List.copyOf(steps);
  }

  @Override
  public String title() {
    return "group `" + key.orElse(label) + "`";
  }
}
