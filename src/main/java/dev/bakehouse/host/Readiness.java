package dev.bakehouse.host;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// Whether a host takes jobs that need an image, and why not.
///
/// @param ready whether one of its images is ready, or somebody forced it
/// @param reason for people; the same text as long as nothing changed
/// @param images those that jobs get, in the configuration's order
record Readiness(boolean ready, String reason, List<ImageState> images) {
  Readiness {
    images = List.copyOf(images);
  }

  /// @param images all that are offered
  /// @param force what somebody said, while it holds
  static Readiness of(List<ImageState> images, Optional<Orders.Force> force) {
    List<ImageState> ready = images.stream().filter(ImageState::ready).toList();
    String troubles =
        images.stream()
            .map(ImageState::reason)
            .filter(reason -> !reason.isEmpty())
            .collect(Collectors.joining("; "));
    if (force.isPresent()) {
      boolean is = force.get().ready();
      String reason = "forced " + (is ? "ready" : "not ready") + " until " + force.get().until();
      return new Readiness(is, reason, !is ? List.of() : ready.isEmpty() ? images : ready);
    }
    if (ready.isEmpty()) {
      return new Readiness(false, troubles, List.of());
    }
    return new Readiness(true, troubles.isEmpty() ? "ready" : "ready; " + troubles, ready);
  }
}
