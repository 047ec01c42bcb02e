package dev.bakehouse.cache;

import dev.bakehouse.cache.Manifests.Stored;
import dev.bakehouse.cache.Swept.Gone;
import dev.bakehouse.snapshot.Sweep;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Removes caches until the others fit a budget: the least recently used first, the newest of the
/// main branch last, none that is young.
final class BudgetSweep {
  private static final String LEAST_USED = "over the budget, and used least recently";
  private static final String NOTHING_ELSE =
      "over the budget, and the newest of its step there, but no other cache can go";

  private final Budget budget;
  private final Sweep sweep;
  private final Manifests manifests;

  BudgetSweep(Budget budget, Sweep sweep, Manifests manifests) {
    this.budget = budget;
    this.sweep = sweep;
    this.manifests = manifests;
  }

  /// @param caches those that stay so far; loses what goes
  /// @param besides bytes that the store holds besides them and that stay
  /// @param before only what was not used since then goes
  List<Gone> sweep(Collection<Stored> caches, long besides, Instant before) throws IOException {
    Set<Stored> newest = newest(caches);
    Occupied occupied = new Occupied(sweep, caches);
    List<SavedTogether> all = new ArrayList<>(SavedTogether.of(caches));
    all.removeIf(each -> !each.used().isBefore(before));
    all.sort(
        Comparator.comparing((SavedTogether each) -> has(each, newest))
            .thenComparing(SavedTogether.BY_USE));
    List<Gone> gone = new ArrayList<>();
    for (SavedTogether each : all) {
      if (occupied.bytes() + besides <= budget.bytes()) {
        break;
      }
      for (Stored removed : remove(each)) {
        occupied.without(removed);
        caches.remove(removed);
        gone.add(new Gone(removed.entry(), has(each, newest) ? NOTHING_ELSE : LEAST_USED));
      }
    }
    return gone;
  }

  private static boolean has(SavedTogether together, Set<Stored> newest) {
    return together.caches().stream().anyMatch(newest::contains);
  }

  /// None of them when one was used or saved again meanwhile.
  private List<Stored> remove(SavedTogether together) throws IOException {
    for (Stored each : together.caches()) {
      if (!manifests.unchanged(each.blob())) {
        return List.of();
      }
    }
    List<Stored> removed = new ArrayList<>();
    for (Stored each : together.caches()) {
      if (manifests.removeUnchanged(each.blob())) {
        removed.add(each);
      }
    }
    return removed;
  }

  private record Series(Scope scope, String step, String kind) {}

  /// The newest whole cache of each step and kind in the main branch's scopes.
  private Set<Stored> newest(Collection<Stored> caches) throws IOException {
    Map<Series, Stored> newest = new HashMap<>();
    for (Stored each : caches) {
      Manifest saved = each.manifest();
      if (saved.scope().ref() instanceof Scope.Branch(String name)
          && budget.main().contains(name)
          && sweep.whole(saved.snapshot())) {
        newest.merge(
            new Series(saved.scope(), saved.step(), saved.kind()),
            each,
            (a, b) -> a.manifest().created().isBefore(b.manifest().created()) ? b : a);
      }
    }
    return new HashSet<>(newest.values());
  }
}
