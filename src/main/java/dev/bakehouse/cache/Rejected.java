package dev.bakehouse.cache;

import dev.bakehouse.buildkite.RestRefused;
import dev.bakehouse.platform.UserError;

/// A source that was looked at and not taken.
///
/// @param what for example `build 12 of main`
/// @param build its id; empty for a place that could not be searched
/// @param scope whose caches were looked for, as users write it
/// @param why what is wrong with it, in words
public record Rejected(
    String what, String build, String scope, Reason reason, String why, String remedy) {

  static Rejected of(String what, String build, Scope scope, Reason reason, String why) {
    return new Rejected(what, build, scope.ref().text(), reason, why, reason.remedy());
  }

  /// A place that could not be asked.
  static Rejected of(String what, Scope scope, UserError error) {
    boolean denied = error instanceof RestRefused refused && refused.denied();
    Reason reason = denied ? Reason.NO_PERMISSION : Reason.UNREACHABLE;
    String why = String.valueOf(error.getMessage());
    return new Rejected(what, "", scope.ref().text(), reason, why, error.remedy());
  }

  @Override
  public String toString() {
    return what + ": " + why;
  }
}
