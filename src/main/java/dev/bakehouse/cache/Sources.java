package dev.bakehouse.cache;

import java.util.List;

/// Where a step's caches come from. Never fails: trouble is a miss with a reason.
@FunctionalInterface
public interface Sources {
  /// @param step which asks
  /// @param kinds all of them from one source
  Selection select(Step step, List<Kind> kinds);
}
