package dev.bakehouse.cache;

import java.util.OptionalInt;
import java.util.stream.Stream;

/// Which keys of a store a build's jobs may publish, where every build has a place of its own for
/// files and nobody checks what it puts there.
public final class BuildKeys {
  private BuildKeys() {}

  /// Manifests, history and passed steps only below the build's own scope, on any platform; whoever
  /// reads anything else checks it.
  ///
  /// @param pipeline as in a [Scope]
  /// @param pull the pull request the build was made for, if any
  public static boolean mayHold(String pipeline, String branch, OptionalInt pull, String key) {
    Scope.Ref ref = pull.isPresent() ? new Scope.Pull(pull.getAsInt()) : new Scope.Branch(branch);
    String place = new Scope(pipeline, ref, "").place();
    return Stream.of(Manifests.ROOT, CacheHistory.ROOT, PassedSteps.ROOT)
        .filter(root -> key.startsWith(root + "/"))
        .allMatch(root -> key.startsWith(root + "/" + place + "/"));
  }
}
