package dev.bakehouse.job;

import dev.bakehouse.cache.Ancestry;
import dev.bakehouse.platform.Command;
import java.util.OptionalInt;

/// Distances in the git repository of the working directory; without one, none is known.
///
/// @param commit what is being built
public record GitLineage(String commit) implements Ancestry {
  @Override
  public OptionalInt distance(String ancestor) {
    return commit.matches("HEAD|[0-9a-f]{40}|[0-9a-f]{64}")
        ? GitMirror.distance(words -> Command.of("git").and(words), ancestor, commit)
        : OptionalInt.empty();
  }
}
