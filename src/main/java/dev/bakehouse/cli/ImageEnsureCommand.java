package dev.bakehouse.cli;

import dev.bakehouse.image.Branch;
import dev.bakehouse.image.Difference;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Wanted;
import dev.bakehouse.image.Workshop;
import java.util.List;
import java.util.Map;
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

  @Option(
      names = "--why",
      description =
          "First say what changed against the image that is here and the registry's: base, script, each input, version.")
  boolean why;

  @Override
  public Integer call() {
    options.tellEvents();
    Wanted wanted = options.wanted(options.imageConfig(release));
    Workshop workshop = options.workshop();
    Branch branch = Branch.of(System.getenv(), wanted.checkout());
    List<Difference> differences = why ? workshop.explain(wanted, branch) : List.of();
    LocalImage image = workshop.ensure(wanted, branch, forceRefresh);
    String publish = System.getenv().getOrDefault(Workshop.PUBLISH, "");
    workshop.insistPublished(publish, wanted, branch, image);
    Map<String, Object> shown = ImageOptions.shown(image);
    if (why) {
      shown.put("differences", differences);
    }
    options.done(shown, image.name());
    return Exit.OK;
  }
}
