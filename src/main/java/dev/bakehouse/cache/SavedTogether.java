package dev.bakehouse.cache;

import dev.bakehouse.cache.Manifests.Stored;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The caches that one step of one build saved in a scope. They go together: a step takes all of
/// its caches from one build, or none.
record SavedTogether(List<Stored> caches) {
  /// The least recently used first.
  static final Comparator<SavedTogether> BY_USE =
      Comparator.comparing(SavedTogether::used)
          .thenComparing(SavedTogether::created)
          .thenComparing(together -> together.caches.getFirst().blob().key());

  private record Of(Scope scope, String build, String step) {}

  static List<SavedTogether> of(Collection<Stored> all) {
    Map<Of, List<Stored>> together = new LinkedHashMap<>();
    for (Stored each : all) {
      Manifest saved = each.manifest();
      together
          .computeIfAbsent(
              new Of(saved.scope(), saved.build(), saved.step()), _ -> new ArrayList<>())
          .add(each);
    }
    return together.values().stream().map(SavedTogether::new).toList();
  }

  /// When the last of them was saved or restored.
  Instant used() {
    return caches.stream()
        .map(each -> each.blob().modified())
        .max(Comparator.naturalOrder())
        .orElse(Instant.MAX);
  }

  private Instant created() {
    return caches.stream()
        .map(each -> each.manifest().created())
        .max(Comparator.naturalOrder())
        .orElse(Instant.MAX);
  }
}
