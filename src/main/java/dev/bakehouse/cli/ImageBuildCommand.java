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
    description = {
      "Build the wanted image, publish it here and push it.",
      "With --from-previous or `image.incremental: true` it is built from the newest image of the same base"
          + " when only the bootstrap script's end changed, or anything in a script that is declared"
          + " `image.bootstrap-rerunnable: true`. A line `# bakehouse: checkpoint` in the script promises:"
          + " what stands before it need not run again in an image in which it ran, and what follows may"
          + " run in one in which an earlier form of it ran; both scripts must be the same up to that line,"
          + " and the inputs too. The script runs whole, with BAKEHOUSE_FROM_PREVIOUS=1,"
          + " BAKEHOUSE_CHECKPOINT (how many checkpoints the image has passed) and"
          + " BAKEHOUSE_PREVIOUS_VERSION. After `image.incremental-limit` (10) such builds in a row the"
          + " base is used again."
    })
final class ImageBuildCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Option(names = "--release", paramLabel = "N", description = "macOS release: 13, 14 or 15.")
  @Nullable Integer release;

  @Option(
      names = "--base",
      paramLabel = "IMAGE",
      description = "Reference or local name to build from.")
  @Nullable String base;

  @Option(
      names = "--from-previous",
      description = "Build from the image before where that is safe, else say why not.")
  boolean fromPrevious;

  @Override
  public Integer call() {
    ImageConfig plain = options.imageConfig(release);
    ImageConfig read = fromPrevious ? plain.fromPrevious() : plain;
    Wanted wanted = options.wanted(base == null ? read : read.withBase(base));
    LocalImage image =
        options.workshop().build(wanted, Branch.of(System.getenv(), wanted.checkout()));
    options.print(ImageOptions.shown(image), image.name());
    return Exit.OK;
  }
}
