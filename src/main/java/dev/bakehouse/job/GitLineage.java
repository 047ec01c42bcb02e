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
    if (!ancestor.matches("[0-9a-f]{40}|[0-9a-f]{64}")
        || !commit.matches("HEAD|[0-9a-f]{40}|[0-9a-f]{64}")
        || !Command.of("git", "merge-base", "--is-ancestor", ancestor, commit).run().ok()) {
      return OptionalInt.empty();
    }
    String between = ancestor + ".." + commit;
    return OptionalInt.of(
        Integer.parseInt(Command.of("git", "rev-list", "--count", between).check().text()));
  }
}
