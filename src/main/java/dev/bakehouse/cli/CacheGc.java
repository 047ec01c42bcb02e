package dev.bakehouse.cli;

import dev.bakehouse.cache.CacheHistory;
import dev.bakehouse.cache.Janitor;
import dev.bakehouse.cache.Janitor.FailedBuilds;
import dev.bakehouse.cache.Janitor.Swept;
import dev.bakehouse.cache.PassedSteps;
import java.time.Clock;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `bakehouse cache gc`.
@Command(
    name = "gc",
    mixinStandardHelpOptions = true,
    description = "Remove caches unused for cache.retention-days (30), and parts of failed saves.")
final class CacheGc implements Callable<Integer> {
  /// The history outlives the caches it tells of.
  private static final int HISTORY = 3;

  @Mixin private CacheStoreOptions store = new CacheStoreOptions();

  @Override
  public Integer call() {
    Swept swept =
        new Janitor(store.blobs(), Clock.systemUTC())
            .sweep(store.config().retention(), Janitor.GRACE, FailedBuilds.UNKNOWN);
    Instant old = Instant.now().minus(store.config().retention().multipliedBy(HISTORY));
    int runs = new CacheHistory(store.blobs()).sweep(old);
    int steps =
        new PassedSteps(store.blobs()).sweep(Instant.now().minus(store.config().retention()));
    store.answer(
        swept,
        String.format(
            Locale.ROOT,
            "%d entries, %d blobs, %d runs of the history and %d passed steps removed, %,d bytes freed, %d entries kept",
            swept.entries(),
            swept.blobs(),
            runs,
            steps,
            swept.freed(),
            swept.kept()));
    return Exit.OK;
  }
}
