package dev.bakehouse.cli;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.StoreView;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `bakehouse image show`
@Command(name = "show", mixinStandardHelpOptions = true, description = "Show one image.")
final class ImageShowCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Parameters(paramLabel = "NAME", description = "Its name here.")
  String name = "";

  @Override
  public Integer call() {
    ImageStore store = options.store();
    LocalImage image = store.get(name);
    StoreView view = StoreView.of(store);
    Map<String, Object> all =
        ImageOptions.shown(
            image, view.sizes().getOrDefault(name, 0L), view.uses().getOrDefault(name, ""));
    all.put("labels", image.record().labels());
    StringBuilder text = new StringBuilder();
    all.forEach((key, value) -> text.append("%-9s %s%n".formatted(key, value)));
    options.print(all, text.toString().stripTrailing());
    return Exit.OK;
  }
}
