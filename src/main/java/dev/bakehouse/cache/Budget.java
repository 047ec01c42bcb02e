package dev.bakehouse.cache;

import java.util.Set;

/// What a store may take up.
///
/// @param bytes of all it holds
/// @param main branches whose newest caches go last
public record Budget(long bytes, Set<String> main) {
  public Budget {
    main = Set.copyOf(main);
  }
}
