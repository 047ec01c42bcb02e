package dev.bakehouse.cli;

import dev.bakehouse.cache.Budget;
import dev.bakehouse.cache.CacheConfig;
import dev.bakehouse.cache.Janitor;
import dev.bakehouse.cache.Janitor.FailedBuilds;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.cache.Swept;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.DryRunStore;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse cache gc`.
@Command(
    name = "gc",
    mixinStandardHelpOptions = true,
    description = {
      "Remove caches unused for cache.retention-days (30), those used least recently until the"
          + " others fit the budget, and parts of failed saves. Nothing goes that was saved or"
          + " restored in the last 24 hours.",
      "Status 1: the budget can not be kept."
    })
final class CacheGc implements Callable<Integer> {
  @Option(
      names = "--budget-gb",
      paramLabel = "N",
      description = "What the store may take up, instead of cache.budget-gb.")
  @Nullable Integer gigabytes;

  @Option(
      names = "--main-branch",
      paramLabel = "NAME",
      description =
          "Whose newest caches go last; repeatable; by default BUILDKITE_PIPELINE_DEFAULT_BRANCH,"
              + " else main.")
  private List<String> main = List.of();

  @Option(names = "--dry-run", description = "Only say what would go.")
  private boolean dryRun;

  @Mixin private CacheStoreOptions store = new CacheStoreOptions();

  @Override
  public Integer call() {
    Optional<Budget> budget = budget();
    BlobStore blobs = store.blobs();
    Swept swept =
        new Janitor(dryRun ? new DryRunStore(blobs) : blobs, Clock.systemUTC())
            .sweep(store.config().retention(), Janitor.GRACE, budget, FailedBuilds.UNKNOWN);
    CacheSwept answer = CacheSwept.of(swept, budget.map(Budget::bytes), dryRun);
    store.answer(answer, answer.text());
    return answer.complaint().map(Exit::of).orElse(Exit.OK);
  }

  private Optional<Budget> budget() {
    Optional<Long> bytes = store.config().budget().stream().boxed().findFirst();
    if (gigabytes != null) {
      if (gigabytes < 1 || gigabytes > CacheConfig.MOST_GB) {
        throw new UserError(
            "cache gc: --budget-gb " + gigabytes + " is no budget",
            "Give a whole number from 1 to " + CacheConfig.MOST_GB + ".");
      }
      bytes = Optional.of(CacheConfig.bytes(gigabytes));
    }
    Set<String> branches =
        main.isEmpty() ? Set.of(JobIdentity.of(System.getenv()).defaultBranch()) : Set.copyOf(main);
    return bytes.map(limit -> new Budget(limit, branches));
  }
}
