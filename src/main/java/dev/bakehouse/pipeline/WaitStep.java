package dev.bakehouse.pipeline;

import java.util.List;
import java.util.Optional;

/// What comes later runs when all before it is done.
///
/// @param continueOnFailure also when something before it failed
public record WaitStep(Optional<String> key, boolean continueOnFailure) implements Step {
  @Override
  public Optional<List<Dependency>> dependsOn() {
    return Optional.empty();
  }

  @Override
  public String title() {
    return key.map(k -> "wait `" + k + "`").orElse("wait");
  }
}
