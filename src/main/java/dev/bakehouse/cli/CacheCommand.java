package dev.bakehouse.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// `bakehouse cache`: saved compilation caches, by hand and in steps without a VM.
@Command(
    name = "cache",
    mixinStandardHelpOptions = true,
    description = "Save, restore and look after compilation caches.",
    subcommands = {
      CacheSave.class,
      CacheRestore.class,
      CacheList.class,
      CacheShow.class,
      CacheVerify.class,
      CacheExplain.class,
      CacheGc.class,
      CacheStatistics.class,
      CacheStep.class,
      CacheVolumes.class
    })
final class CacheCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    new CommandLine(new CacheCommand()).usage(System.err);
    return Exit.USAGE;
  }
}
