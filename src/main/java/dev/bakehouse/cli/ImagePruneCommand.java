package dev.bakehouse.cli;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.Prune;
import dev.bakehouse.platform.UserError;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
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
    Prune prune = wanted();
    ImageStore store = options.store();
    Prune.Result gone = dryRun ? prune.plan(store, Instant.now()) : prune.run(store);
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("deleted", gone.images());
    all.put("dryRun", dryRun);
    all.put("leavings", gone.leavings().stream().map(Path::toString).toList());
    all.put("freed", gone.freed());
    all.put("left", gone.left());
    all.put("kept", gone.kept());
    options.print(all, String.join("\n", gone.images()));
    options
        .log()
        .say(
            String.format(
                Locale.ROOT,
                "%s: %,d MB by %d images and %d leavings of dead transfers; images take up %,d MB",
                dryRun ? "would free" : "freed",
                gone.freed() / 1_000_000,
                gone.images().size(),
                gone.leavings().size(),
                gone.left() / 1_000_000));
    gone.kept().forEach((name, why) -> options.log().say("kept: " + name + ", " + why));
    return Exit.OK;
  }

  private Prune wanted() {
    if (days == null && gigabytes == null) {
      return Prune.of(options.budget())
          .orElseThrow(
              () ->
                  new UserError(
                      "image prune: nothing says what may go",
                      "Give --older-than DAYS or --space-budget GB, or set `image.store` in the configuration."));
    }
    for (Integer number : Arrays.asList(days, gigabytes)) {
      if (number != null && number < 0) {
        throw new UserError("image prune: " + number + " is no limit", "Give 0 or more.");
      }
    }
    return new Prune(
        Optional.ofNullable(days).map(Duration::ofDays),
        Optional.ofNullable(gigabytes).map(gb -> gb * 1_000_000_000L));
  }
}
