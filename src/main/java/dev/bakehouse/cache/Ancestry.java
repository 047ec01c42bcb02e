package dev.bakehouse.cache;

import java.util.OptionalInt;

/// How far a commit is from the one being built.
@FunctionalInterface
public interface Ancestry {
  Ancestry UNKNOWN = commit -> OptionalInt.empty();

  /// @return how many commits lie between, 0 for the same; empty when the commit is no ancestor or
  ///   nobody knows
  OptionalInt distance(String commit);
}
