package dev.bakehouse.cli;

import dev.bakehouse.image.Branch;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Wanted;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse image ensure`
@Command(
    name = "ensure",
    mixinStandardHelpOptions = true,
    description = "See to it that the wanted image is here: registry, local, build.")
final class ImageEnsureCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Option(names = "--force-refresh", description = "Pass over the local image.")
  boolean forceRefresh;

  @Option(names = "--release", paramLabel = "N", description = "macOS release: 13, 14 or 15.")
  @Nullable Integer release;

  @Override
  public Integer call() {
    options.tellEvents();
    Wanted wanted = options.wanted(options.imageConfig(release));
    LocalImage image =
        options
            .workshop()
            .ensure(wanted, Branch.of(System.getenv(), wanted.checkout()), forceRefresh);
    options.done(ImageOptions.shown(image), image.name());
    return Exit.OK;
  }
}
