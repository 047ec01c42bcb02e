package dev.bakehouse.image;

import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// Room in a store, by its rules. What others were promised and have not yet written counts as
/// taken.
final class StoreRoom implements Room {
  private static final double MB = 1e6;

  private final ImageStore store;
  private final StoreBudget budget;

  StoreRoom(ImageStore store) {
    this.store = store;
    this.budget = store.policy().budget();
  }

  @Override
  public Reserved make(long bytes, String what, Path into) {
    try (ExclusiveLock _ = ExclusiveLock.on(store.work(".room.lock"))) {
      Tickets promises = new Tickets(store.work("room"));
      while (true) {
        Missing missing = missing(bytes, promised(promises));
        if (missing.enough()) {
          String text = bytes + " " + Trees.allocated(into) + " " + into.toAbsolutePath();
          return promises.take("room", text)::end;
        }
        free(missing, bytes, what);
      }
    } catch (IOException e) {
      throw Trees.failed("make room to " + what, e);
    }
  }

  /// What is missing for a transfer.
  ///
  /// @param space bytes of free space
  /// @param budget bytes of the store's budget
  private record Missing(long space, long budget, long free) {
    boolean enough() {
      return space <= 0 && budget <= 0;
    }
  }

  private Missing missing(long bytes, long promised) throws IOException {
    long free = Files.getFileStore(store.work()).getUsableSpace();
    long over =
        budget.bytes().isEmpty()
            ? 0
            : Usage.of(store.list()).total() + promised + bytes - budget.bytes().get();
    return new Missing(bytes + promised + budget.reserve() - free, over, free);
  }

  /// What living transfers may still write.
  private static long promised(Tickets promises) throws IOException {
    long sum = 0;
    for (String text : promises.living().getOrDefault("room", List.of())) {
      String[] words = text.split(" ", 3);
      long written = Trees.allocated(Path.of(words[2])) - Long.parseLong(words[1]);
      sum += Math.max(0, Long.parseLong(words[0]) - Math.max(0, written));
    }
    return sum;
  }

  /// Removes as little as suffices; nothing, with an error, when all that may go does not.
  private void free(Missing missing, long bytes, String what) throws IOException {
    Leavings leavings = new Leavings(store);
    List<Path> dead = leavings.dead();
    long staged = Trees.allocated(dead).values().stream().mapToLong(n -> n).sum();
    Candidates candidates = Candidates.of(store);
    List<LocalImage> go = new ArrayList<>();
    long freed = 0;
    for (List<LocalImage> group : candidates.groups()) {
      if (freed + staged >= missing.space() && freed >= missing.budget()) {
        break;
      }
      go.addAll(group);
      freed = candidates.usage().freed(go.stream().map(LocalImage::name).toList());
    }
    if (freed + staged < missing.space() || freed < missing.budget()) {
      throw refused(missing, bytes, what, freed + staged, candidates);
    }
    dead.forEach(leavings::remove);
    for (LocalImage image : go) {
      var _ = store.prune(image);
    }
  }

  private UserError refused(
      Missing missing, long bytes, String what, long freeable, Candidates candidates) {
    String needs =
        "No room to %s: it needs %s".formatted(what, mb(bytes))
            + (budget.reserve() > 0 ? ", " + mb(budget.reserve()) + " must stay free" : "");
    String limit =
        missing.budget() > 0 && budget.bytes().isPresent()
            ? "; the images may take up %s and take up %s"
                .formatted(mb(budget.bytes().get()), mb(candidates.usage().total()))
            : "";
    String has =
        "; %s has %s free, and %s that may be freed"
            .formatted(store.root(), mb(missing.free()), mb(freeable));
    Map<String, Long> unpinned = candidates.byUnpinning();
    String remedy =
        unpinned.isEmpty()
            ? "Free space on that disk; no pinned image stands in the way."
            : "Un-pin (`bakehouse image pin --remove NAME`) what can go: "
                + unpinned.entrySet().stream()
                    .map(e -> e.getKey() + " would free " + mb(e.getValue()))
                    .collect(Collectors.joining(", "))
                + ".";
    return new UserError(needs + limit + has, remedy);
  }

  private static String mb(long bytes) {
    return String.format(Locale.ROOT, "%,.1f MB", bytes / MB);
  }
}
