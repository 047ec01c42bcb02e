package dev.bakehouse.image;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Deletes images by age and space budget, the least recently used first; never one that is pinned
/// or that a VM or template stands on.
///
/// @param olderThan not used for that long
/// @param budgetBytes what all images together may take up
public record Prune(Optional<Duration> olderThan, Optional<Long> budgetBytes) {
  /// The images that would go, in the order they would go.
  public List<LocalImage> plan(ImageStore store, InUse inUse, Instant now) {
    Set<String> kept = inUse.images();
    List<LocalImage> all =
        store.list().stream().sorted(Comparator.comparing(LocalImage::used)).toList();
    long total = all.stream().mapToLong(LocalImage::bytes).sum();
    List<LocalImage> plan = new ArrayList<>();
    for (LocalImage image : all) {
      boolean old = olderThan.filter(age -> image.used().isBefore(now.minus(age))).isPresent();
      long sum = total;
      boolean over = budgetBytes.filter(budget -> sum > budget).isPresent();
      if ((old || over) && !image.pinned() && !kept.contains(image.name())) {
        plan.add(image);
        total -= image.bytes();
      }
    }
    return plan;
  }

  public List<LocalImage> run(ImageStore store, InUse inUse) {
    List<LocalImage> plan = plan(store, inUse, Instant.now());
    plan.forEach(image -> store.delete(image.name(), inUse));
    return plan;
  }
}
