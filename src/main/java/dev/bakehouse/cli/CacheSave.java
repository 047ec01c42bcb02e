package dev.bakehouse.cli;

import dev.bakehouse.cache.CacheReport;
import dev.bakehouse.cache.CacheStore.Saved;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.HostDirectory;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.Strategy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse cache save`.
@Command(
    name = "save",
    mixinStandardHelpOptions = true,
    description = "Save a cache directory. An empty one is not saved, and status is 0.")
final class CacheSave implements Callable<Integer> {
  @Option(names = "--kind", required = true, paramLabel = "K", description = "ccache, zig-local, …")
  private String kind = "";

  @Option(names = "--path", required = true, paramLabel = "DIR", description = "The directory.")
  private Path path = Path.of("");

  @Option(
      names = "--allow-shrink",
      description = "Save it also when it has less than half the bytes it had before.")
  private boolean mayShrink;

  @Option(
      names = "--plain",
      description = "In a job: leave the cache as the artifact KIND-cache.tar.gz as well.")
  private boolean plain;

  @Mixin private CacheStoreOptions store = new CacheStoreOptions();
  @Mixin private CacheScopeOptions scope = new CacheScopeOptions();

  @Override
  public Integer call() {
    CacheMoved moved = save(Kind.named(kind, store.config().rule().directories()));
    store.answer(moved, moved.text());
    return Exit.OK;
  }

  private CacheMoved save(Kind saved) {
    long start = System.nanoTime();
    boolean inJob = scope.inJob();
    Strategy strategy = Strategy.of(scope.env());
    if (!strategy.writes()) {
      return CacheMoved.nothing(kind, 0, "not saved: the strategy is " + strategy);
    }
    Optional<Scope> own = inJob ? scope.access().writes() : Optional.of(scope.scope());
    if (own.isEmpty()) {
      return CacheMoved.nothing(
          kind, 0, "not saved: builds of forks and tags and triggered ones only read caches");
    }
    Address address = new Address(own.get(), scope.buildToSave(), scope.step().text(), saved);
    Saved result =
        new HostDirectory(path)
            .save(store.caches(plain), address, scopes(inJob, own.get()), mayShrink);
    double seconds = CacheReport.since(start);
    return result
        .entry()
        .map(e -> CacheMoved.of(e, result.added(), result.reused(), seconds, "saved as " + address))
        .orElseGet(
            () -> CacheMoved.nothing(kind, seconds, "not saved: " + path + " holds no cache"));
  }

  private List<Scope> scopes(boolean inJob, Scope own) {
    List<Scope> all = new ArrayList<>(List.of(own));
    if (inJob) {
      scope.access().reads().forEach(read -> all.add(read.scope()));
    }
    return all;
  }
}
