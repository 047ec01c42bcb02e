package dev.bakehouse.pipeline;

/// Something in a pipeline that will not do what was meant.
///
/// @param rule for example `dangling-dependency`; all are in `docs/pipelines.md`
/// @param step its title, or empty
/// @param what is wrong
/// @param remedy what to do
public record Finding(String file, int line, String rule, String step, String what, String remedy) {
  /// Nothing is wrong at Buildkite.
  public boolean harmless() {
    return rule.equals(ValueCheck.BUILDKITE_ONLY);
  }
}
