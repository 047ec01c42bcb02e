package dev.bakehouse.cli;

import dev.bakehouse.image.Branch;
import dev.bakehouse.image.ImageConfig;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Wanted;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse image build`
@Command(
    name = "build",
    mixinStandardHelpOptions = true,
    description = "Build the wanted image, publish it here and push it.")
final class ImageBuildCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Option(names = "--release", paramLabel = "N", description = "macOS release: 13, 14 or 15.")
  @Nullable Integer release;

  @Option(
      names = "--base",
      paramLabel = "IMAGE",
      description = "Reference or local name to build from.")
  @Nullable String base;

  @Override
  public Integer call() {
    ImageConfig read = options.imageConfig(release);
    Wanted wanted = options.wanted(base == null ? read : read.withBase(base));
    LocalImage image =
        options.workshop().build(wanted, Branch.of(System.getenv(), wanted.checkout()));
    options.print(ImageOptions.shown(image), image.name());
    return Exit.OK;
  }
}
