package dev.bakehouse.cli;

import dev.bakehouse.cache.Janitor;
import dev.bakehouse.cache.Janitor.Verified;
import java.time.Clock;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `bakehouse cache verify`.
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = "Read every saved cache to its end. Status 1: some are damaged.")
final class CacheVerify implements Callable<Integer> {
  @Mixin private CacheStoreOptions store = new CacheStoreOptions();

  @Override
  public Integer call() {
    Verified verified = new Janitor(store.blobs(), Clock.systemUTC()).verify();
    StringBuilder text = new StringBuilder();
    verified.damaged().forEach(line -> text.append("damaged: ").append(line).append('\n'));
    text.append(verified.checked()).append(" checked, ").append(verified.damaged().size());
    store.answer(verified, text.append(" damaged").toString());
    return verified.damaged().isEmpty() ? Exit.OK : Exit.FAILED;
  }
}
