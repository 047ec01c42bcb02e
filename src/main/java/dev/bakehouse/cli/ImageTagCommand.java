package dev.bakehouse.cli;

import dev.bakehouse.image.LocalImage;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `bakehouse image tag`
@Command(
    name = "tag",
    mixinStandardHelpOptions = true,
    description = "Give an image a second name; the files are shared.")
final class ImageTagCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Parameters(index = "0", paramLabel = "NAME", description = "Its name here.")
  String name = "";

  @Parameters(index = "1", paramLabel = "NEW", description = "Its further name.")
  String second = "";

  @Override
  public Integer call() {
    LocalImage image = options.store().tag(name, second);
    options.print(ImageOptions.shown(image), image.name());
    return Exit.OK;
  }
}
