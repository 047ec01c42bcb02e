package dev.bakehouse.cli;

import dev.bakehouse.image.LocalImage;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `bakehouse image import`
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description =
        "Take in a directory with disk.img, config.json and nvram.bin, by clones where the file"
            + " system has them, else by copies: what is done to the directory afterwards does not"
            + " touch the image. A file that is a symbolic link is followed.")
final class ImageImportCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Parameters(index = "0", paramLabel = "NAME", description = "Its name here.")
  String name = "";

  @Parameters(index = "1", paramLabel = "DIR", description = "Holds its files.")
  Path directory = Path.of("");

  @Override
  public Integer call() {
    LocalImage image = options.store().adopt(name, directory, Map.of(), directory.toString());
    options.print(ImageOptions.shown(image), image.name());
    return Exit.OK;
  }
}
