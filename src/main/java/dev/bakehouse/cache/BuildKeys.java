package dev.bakehouse.cache;

import java.util.OptionalInt;

/// Which keys of a store a build's jobs may publish, where every build has a place of its own for
/// files and nobody checks what it puts there.
public final class BuildKeys {
  private BuildKeys() {}

  /// Manifests only below the build's own scope, on any platform; what is named by its content
  /// anywhere.
  ///
  /// @param pipeline as in a [Scope]
  /// @param pull the pull request the build was made for, if any
  public static boolean mayHold(String pipeline, String branch, OptionalInt pull, String key) {
    Scope.Ref ref = pull.isPresent() ? new Scope.Pull(pull.getAsInt()) : new Scope.Branch(branch);
    return !key.startsWith(Manifests.ROOT + "/")
        || key.startsWith(Manifests.ROOT + "/" + new Scope(pipeline, ref, "").place() + "/");
  }
}
