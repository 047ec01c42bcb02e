package dev.bakehouse.cli;

import dev.bakehouse.image.Prune;
import dev.bakehouse.platform.UserError;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse image prune`
@Command(
    name = "prune",
    mixinStandardHelpOptions = true,
    description = "Delete images by age and space budget, least recently used first.")
final class ImagePruneCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Option(names = "--older-than", paramLabel = "DAYS", description = "Not used for that long.")
  @Nullable Integer days;

  @Option(names = "--space-budget", paramLabel = "GB", description = "What all images may take up.")
  @Nullable Integer gigabytes;

  @Option(names = "--dry-run", description = "Only say what would go.")
  boolean dryRun;

  @Override
  public Integer call() {
    if (days == null && gigabytes == null) {
      throw new UserError(
          "image prune: nothing says what may go", "Give --older-than DAYS or --space-budget GB.");
    }
    Prune prune =
        new Prune(
            Optional.ofNullable(days).map(Duration::ofDays),
            Optional.ofNullable(gigabytes).map(gb -> gb * 1_000_000_000L));
    Prune.Result gone =
        dryRun ? prune.plan(options.store(), Instant.now()) : prune.run(options.store());
    List<String> names = gone.images();
    options.print(Map.of("deleted", names, "dryRun", dryRun), String.join("\n", names));
    return Exit.OK;
  }
}
