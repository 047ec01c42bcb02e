package dev.bakehouse.pipeline;

import java.util.List;
import java.util.Optional;

/// One entry below `steps`.
public sealed interface Step permits CommandStep, WaitStep, GroupStep {
  Optional<String> key();

  /// Absent: the step waits for the last `wait` before it. Present, even when empty: for these
  /// only.
  Optional<List<Dependency>> dependsOn();

  /// What errors call it.
  String title();
}
