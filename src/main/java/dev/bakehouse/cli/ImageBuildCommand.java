package dev.bakehouse.cli;

import dev.bakehouse.image.Branch;
import dev.bakehouse.image.Build;
import dev.bakehouse.image.ImageConfig;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.StoreCheck;
import dev.bakehouse.image.Wanted;
import java.util.List;
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
    new StoreCheck(options.store().root(), options.log()).run();
    Build build =
        new Build(
            options.store(),
            options.repositories(),
            ImageWiring.vms(options.stateDirectory(), options.slots(), options.log()),
            options.stateDirectory().resolve("logs"),
            options.log());
    LocalImage image = build.run(wanted);
    List<String> _ = build.publish(wanted, Branch.of(System.getenv(), wanted.checkout()));
    options.print(ImageOptions.shown(options.store().get(image.name())), image.name());
    return Exit.OK;
  }
}
