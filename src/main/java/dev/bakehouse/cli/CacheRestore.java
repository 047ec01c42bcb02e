package dev.bakehouse.cli;

import dev.bakehouse.cache.CacheReport;
import dev.bakehouse.cache.CacheStore;
import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.LatestSaved;
import dev.bakehouse.cache.Selection;
import dev.bakehouse.cache.Sources;
import dev.bakehouse.cache.Strategy;
import dev.bakehouse.job.GitLineage;
import dev.bakehouse.job.JobSources;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.Malformed;
import dev.bakehouse.snapshot.Restored;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse cache restore`.
@Command(
    name = "restore",
    mixinStandardHelpOptions = true,
    description =
        "Put a saved cache in a directory's place. When there is none the directory stays as it is,"
            + " and status is 0. What is not of the cache goes from the directory.")
final class CacheRestore implements Callable<Integer> {
  @Option(names = "--kind", required = true, paramLabel = "K", description = "ccache, zig-local, …")
  private String kind = "";

  @Option(names = "--path", required = true, paramLabel = "DIR", description = "The directory.")
  private Path path = Path.of("");

  @Option(
      names = "--replace",
      description =
          "Also replace a directory of which nothing tells that it is a cache. All in it goes.")
  private boolean replace;

  @Mixin private CacheStoreOptions store = new CacheStoreOptions();
  @Mixin private CacheScopeOptions scope = new CacheScopeOptions();

  @Override
  public Integer call() {
    CacheMoved moved = restore(Kind.named(kind, store.config().rule().directories()));
    store.answer(moved, moved.text());
    return Exit.OK;
  }

  private CacheMoved restore(Kind wanted) {
    long start = System.nanoTime();
    CacheStore caches = store.caches(false);
    Sources sources = sources(caches);
    Strategy strategy = Strategy.of(scope.env());
    if (!strategy.reads()) {
      return CacheMoved.nothing(kind, 0, "not restored: the strategy is " + strategy);
    }
    Selection selection = sources.select(scope.step(), List.of(wanted));
    try {
      selection.rejected().forEach(r -> System.err.println("bakehouse: not from " + r));
      Optional<Opened.Whole> archive = selection.archive(wanted);
      if (archive.isEmpty()) {
        return CacheMoved.nothing(
            kind, CacheReport.since(start), "not restored: " + selection.summary());
      }
      Entry entry = archive.get().entry();
      // While it is read: what is used is not swept away.
      Thread used = Threads.start(() -> caches.used(entry));
      Restored restored;
      try {
        restored = archive.get().restore(path, replace);
      } finally {
        Threads.join(List.of(used));
      }
      restored.lost().forEach(line -> System.err.println("bakehouse: warning: lost: " + line));
      return CacheMoved.of(
          entry,
          restored.bytes(),
          restored.kept(),
          CacheReport.since(start),
          summary(selection, restored));
    } catch (Malformed e) {
      return CacheMoved.nothing(
          kind, CacheReport.since(start), "warning: not restored: " + e.getMessage());
    } catch (IOException e) {
      throw new UserError(
          "Could not restore " + kind + ": " + e.getMessage(),
          "Check that the store is reachable, the directory " + path + " and the one it lies in.",
          e);
    }
  }

  private static String summary(Selection selection, Restored restored) {
    return restored.lost().isEmpty()
        ? selection.summary()
        : selection.summary() + ", without " + restored.lost().size() + " damaged files";
  }

  private Sources sources(CacheStore caches) {
    if (!scope.inJob()) {
      return new LatestSaved(caches, List.of(scope.scope()), scope.build(), "");
    }
    return JobSources.of(
        caches,
        store.config().rule(),
        store.api(),
        scope.env(),
        scope.access(),
        new GitLineage(scope.job().commit()));
  }
}
