package dev.bakehouse.pipeline;

/// What comes later runs when all before it is done.
///
/// @param continueOnFailure also when something before it failed
public record WaitStep(StepBase base, boolean continueOnFailure, String source) implements Step {
  @Override
  public String title() {
    return key().map(k -> "wait `" + k + "`").orElse("wait");
  }
}
