package dev.bakehouse.pipeline;

import java.util.List;
import java.util.Optional;

/// What steps of every kind may say.
///
/// @param dependsOn absent: the step waits for the last `wait` or `block` above it. Present, even
///   when empty: for these only
/// @param allowDependencyFailure go on although what it waits for failed
/// @param when the text of its `if`, which [Condition] has read without complaint
/// @param branches builds of other branches are without the step
/// @param skip why it does not run, `true` for no reason; empty when it runs
public record StepBase(
    Optional<String> key,
    Optional<String> label,
    Optional<List<Dependency>> dependsOn,
    boolean allowDependencyFailure,
    Optional<String> when,
    Optional<BranchPattern> branches,
    Optional<String> skip) {
  static final StepBase NOTHING =
      new StepBase(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          false,
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  public StepBase {
    dependsOn = dependsOn.map(List::copyOf);
  }

  /// Why a build is without the step; empty when it belongs to it.
  public Optional<String> omitted(String branch, Condition.Facts facts) {
    if (branches.isPresent() && !branches.get().covers(branch, facts.budget())) {
      return Optional.of("The branch is none of: " + branches.get().text());
    }
    return when.filter(text -> !Condition.parse(text).holds(facts))
        .map(text -> "The condition does not hold: " + text.strip());
  }
}
