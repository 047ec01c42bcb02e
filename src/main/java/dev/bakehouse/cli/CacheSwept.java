package dev.bakehouse.cli;

import dev.bakehouse.cache.Swept;
import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The answer of `cache gc`.
///
/// @param dryRun nothing went, all of this would
/// @param runs runs of the history removed
/// @param steps passed steps removed
/// @param left bytes in the store
/// @param waiting those of them that nothing needs and that are too young to go
/// @param budget bytes; null for none
/// @param over bytes beyond it
record CacheSwept(
    boolean dryRun,
    List<Gone> gone,
    int entries,
    int blobs,
    int runs,
    int steps,
    long freed,
    int kept,
    long left,
    long waiting,
    @Nullable Long budget,
    long over) {

  record Gone(CacheEntry cache, String why) {}

  static CacheSwept of(Swept swept, Optional<Long> budget, boolean dryRun) {
    return new CacheSwept(
        dryRun,
        swept.gone().stream().map(g -> new Gone(CacheEntry.of(g.entry()), g.why())).toList(),
        swept.entries(),
        swept.blobs(),
        swept.runs(),
        swept.steps(),
        swept.freed(),
        swept.kept(),
        swept.left(),
        swept.waiting(),
        budget.orElse(null),
        budget.map(swept::over).orElse(0L));
  }

  String text() {
    List<String> lines = new ArrayList<>();
    for (Gone each : gone) {
      lines.add((dryRun ? "would go: " : "gone: ") + each.cache().text() + "; " + each.why());
    }
    lines.add(
        String.format(
            Locale.ROOT,
            "%d entries, %d blobs, %d runs of the history and %d passed steps %s, %,d bytes freed,"
                + " %d entries kept",
            entries,
            blobs,
            runs,
            steps,
            dryRun ? "would be removed" : "removed",
            freed,
            kept));
    lines.add(
        String.format(Locale.ROOT, "%,d bytes left", left)
            + (budget == null ? "" : String.format(Locale.ROOT, " of a budget of %,d", budget))
            + (waiting == 0
                ? ""
                : String.format(
                    Locale.ROOT,
                    "; %,d of them nothing needs, they go when untouched for 24 hours",
                    waiting)));
    return String.join("\n", lines);
  }

  /// That the budget is not kept, if so.
  Optional<UserError> complaint() {
    if (over == 0 || budget == null) {
      return Optional.empty();
    }
    return Optional.of(
        new UserError(
            String.format(
                Locale.ROOT,
                "The budget of %,d bytes can not be kept: the %d entries that are left need %,d"
                    + " more, and were saved or restored in the last 24 hours",
                budget,
                kept,
                over),
            "Raise cache.budget-gb, or save fewer caches (cache.steps); gc again frees what is older by then."));
  }
}
