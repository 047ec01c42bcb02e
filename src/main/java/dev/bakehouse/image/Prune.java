package dev.bakehouse.image;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Deletes what dead transfers left, then images by age and space budget, the least recently used
/// first; never one that is pinned, in use, or needed by someone the store's policy names.
///
/// @param olderThan not used for that long
/// @param budgetBytes what all images together may take up
public record Prune(Optional<Duration> olderThan, Optional<Long> budgetBytes) {
  /// What a host's configuration asks for; empty when it asks for nothing.
  public static Optional<Prune> of(StoreBudget budget) {
    return budget.keep().isEmpty() && budget.bytes().isEmpty()
        ? Optional.empty()
        : Optional.of(new Prune(budget.keep(), budget.bytes()));
  }

  /// @param images that go or went, in that order
  /// @param leavings of dead transfers that go or went
  /// @param kept why the others stay, where it is not that they are within the limits
  /// @param freed bytes
  /// @param left bytes all images that stay take up
  public record Result(
      List<String> images, List<Path> leavings, Map<String, String> kept, long freed, long left) {}

  /// What would go.
  public Result plan(ImageStore store, Instant now) {
    try {
      return plan(store, Candidates.of(store), now);
    } catch (IOException e) {
      throw Trees.failed("see what can be pruned in " + store.root(), e);
    }
  }

  private Result plan(ImageStore store, Candidates candidates, Instant now) throws IOException {
    Usage usage = candidates.usage();
    List<String> gone = new ArrayList<>();
    for (LocalImage image : candidates.free()) {
      if (olderThan.filter(age -> image.used().isBefore(now.minus(age))).isPresent()) {
        gone.add(image.name());
      }
    }
    for (List<LocalImage> group : candidates.groups()) {
      long left = usage.total() - usage.freed(gone);
      if (budgetBytes.filter(budget -> left > budget).isPresent()) {
        group.stream().map(LocalImage::name).filter(n -> !gone.contains(n)).forEach(gone::add);
      }
    }
    List<Path> leavings = new Leavings(store).dead();
    long staged = Trees.allocated(leavings).values().stream().mapToLong(n -> n).sum();
    long freed = usage.freed(gone);
    return new Result(
        gone, leavings, Map.copyOf(candidates.kept()), freed + staged, usage.total() - freed);
  }

  public Result run(ImageStore store) {
    Result plan = plan(store, Instant.now());
    Leavings leavings = new Leavings(store);
    plan.leavings().forEach(leavings::remove);
    Map<String, String> kept = new LinkedHashMap<>(plan.kept());
    List<String> gone = new ArrayList<>();
    for (String name : plan.images()) {
      Optional<LocalImage> image = store.find(name);
      Optional<UserError> stays = image.flatMap(store::prune);
      stays.ifPresentOrElse(
          why -> kept.put(name, String.valueOf(why.getMessage())), () -> gone.add(name));
    }
    return new Result(gone, plan.leavings(), kept, plan.freed(), plan.left());
  }
}
