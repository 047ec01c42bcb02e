package dev.bakehouse.cli;

import dev.bakehouse.cache.Entry;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.platform.UserError;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse cache show`.
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = "Show one saved cache: the last of a scope, or a build's. Status 1: none.")
final class CacheShow implements Callable<Integer> {
  @Option(names = "--kind", required = true, paramLabel = "K", description = "ccache, zig-local, …")
  private String kind = "";

  @Mixin private CacheStoreOptions store = new CacheStoreOptions();
  @Mixin private CacheScopeOptions scope = new CacheScopeOptions();

  @Override
  public Integer call() {
    Kind wanted = Kind.named(kind, store.config().rule().directories());
    Scope where = scope.scope();
    Entry entry =
        store
            .store()
            .entries(where, wanted)
            .filter(e -> scope.build().isEmpty() || e.address().build().equals(scope.build()))
            .filter(
                e -> scope.step().key().isEmpty() || e.address().step().equals(scope.step().text()))
            .findFirst()
            .orElseThrow(
                () ->
                    new UserError(
                        "There is no " + kind + " cache of " + where + " in " + store.blobs().url(),
                        "See what there is: bakehouse cache list."));
    CacheEntry shown = CacheEntry.of(entry);
    store.answer(shown, shown.text());
    return Exit.OK;
  }
}
