package dev.bakehouse.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;

/// `bakehouse cache`: saved compilation caches, by hand and in steps without a VM.
@Command(
    name = "cache",
    mixinStandardHelpOptions = true,
    description = "Save, restore and look after compilation caches.")
final class CacheCommand extends Group {
  private static final Map<String, Supplier<Callable<Integer>>> VERBS = new LinkedHashMap<>();

  static {
    VERBS.put("save", CacheSave::new);
    VERBS.put("restore", CacheRestore::new);
    VERBS.put("list", CacheList::new);
    VERBS.put("show", CacheShow::new);
    VERBS.put("verify", CacheVerify::new);
    VERBS.put("explain", CacheExplain::new);
    VERBS.put("gc", CacheGc::new);
    VERBS.put("stats", CacheStatistics::new);
    VERBS.put("step", CacheStep::new);
    VERBS.put("volumes", CacheVolumes::new);
  }

  @Override
  Map<String, Supplier<Callable<Integer>>> verbs() {
    return VERBS;
  }
}
