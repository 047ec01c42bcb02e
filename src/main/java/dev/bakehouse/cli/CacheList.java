package dev.bakehouse.cli;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse cache list`.
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "List what a store holds, newest first.")
final class CacheList implements Callable<Integer> {
  @Option(names = "--kind", paramLabel = "K", description = "Only this kind.")
  private String kind = "";

  @Mixin private CacheStoreOptions store = new CacheStoreOptions();

  @Override
  public Integer call() {
    List<CacheEntry> entries =
        store.store().all().stream()
            .map(CacheEntry::of)
            .filter(e -> kind.isEmpty() || e.kind().equals(kind))
            .toList();
    String lines = entries.stream().map(CacheEntry::text).collect(Collectors.joining("\n"));
    store.answer(entries, entries.isEmpty() ? "no caches in " + store.blobs().url() : lines);
    return Exit.OK;
  }
}
