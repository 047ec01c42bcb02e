package dev.bakehouse.cli;

import dev.bakehouse.image.History;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `bakehouse image history`
@Command(
    name = "history",
    mixinStandardHelpOptions = true,
    description = "Show what happened to the images of this host, the oldest first.")
final class ImageHistoryCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Parameters(
      paramLabel = "NAME",
      arity = "0..1",
      description = "Only this one, which may be gone (default: all).")
  @Nullable String name;

  @Override
  public Integer call() {
    ImageStore store = options.store();
    List<History.Event> events =
        store.history().read().stream()
            .filter(event -> name == null || event.image().equals(name))
            .toList();
    if (name != null && events.isEmpty()) {
      LocalImage _ = store.get(name);
    }
    StringBuilder text = new StringBuilder();
    for (History.Event event : events) {
      text.append(
          String.format(
              Locale.ROOT,
              "%s  %-10s %-40s %,9d MB  %s%s%n",
              event.at(),
              event.what(),
              event.image(),
              event.bytes() / 1_000_000,
              event.from(),
              "  (" + event.by() + ")"));
    }
    options.print(events, text.toString().stripTrailing());
    return Exit.OK;
  }
}
