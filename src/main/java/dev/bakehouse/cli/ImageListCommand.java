package dev.bakehouse.cli;

import dev.bakehouse.image.LocalImage;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `bakehouse image list`
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "Show the images of this host.")
final class ImageListCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Override
  public Integer call() {
    List<LocalImage> all = options.store().list();
    StringBuilder text = new StringBuilder();
    for (LocalImage image : all) {
      text.append(
          "%-45s %,9d MB  %s  %s%s%n"
              .formatted(
                  image.name(),
                  image.bytes() / 1_000_000,
                  image.record().created(),
                  image.record().source(),
                  image.pinned() ? "  pinned" : ""));
    }
    options.print(all.stream().map(ImageOptions::shown).toList(), text.toString().stripTrailing());
    return Exit.OK;
  }
}
