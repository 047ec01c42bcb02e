package dev.bakehouse.cli;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.StoreView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `bakehouse image list`
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "Show the images of this host, and what lies among them that is not Bakehouse's.")
final class ImageListCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Override
  public Integer call() {
    ImageStore store = options.store();
    StoreView view = StoreView.of(store);
    List<Map<String, Object>> shown = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    for (LocalImage image : view.images()) {
      long bytes = view.sizes().getOrDefault(image.name(), 0L);
      String use = view.uses().getOrDefault(image.name(), "");
      shown.add(ImageOptions.shown(image, bytes, use));
      text.append(
          String.format(
              Locale.ROOT,
              "%-45s %,9d MB  %s  %s%s%s%n",
              image.name(),
              bytes / 1_000_000,
              image.record().created(),
              image.record().source(),
              image.pinned() ? "  pinned" : "",
              use.isEmpty() ? "" : "  in use"));
    }
    for (String name : options.foreign(store)) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("name", name);
      one.put("foreign", true);
      one.put("path", store.root().resolve(name).toString());
      shown.add(one);
      text.append("%-45s not made by Bakehouse: never pruned, never replaced%n".formatted(name));
    }
    options.print(shown, text.toString().stripTrailing());
    return Exit.OK;
  }
}
