package dev.bakehouse.cli;

import dev.bakehouse.image.Branch;
import dev.bakehouse.image.Build;
import dev.bakehouse.image.Ensure;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Log;
import dev.bakehouse.image.StoreCheck;
import dev.bakehouse.image.Wanted;
import java.util.List;
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

  @Override
  public Integer call() {
    ImageStore store = options.store();
    Log log = options.log();
    new StoreCheck(store.root(), log).run();
    Wanted wanted = options.wanted(options.imageConfig(release));
    Build build =
        new Build(
            store,
            options.repositories(),
            ImageWiring.vms(options.stateDirectory(), options.slots(), log),
            options.stateDirectory().resolve("logs"),
            log);
    LocalImage image =
        new Ensure(store, options.repositories(), log)
            .run(wanted, forceRefresh, () -> built(build, wanted));
    options.print(ImageOptions.shown(image), image.name());
    return Exit.OK;
  }

  private static LocalImage built(Build build, Wanted wanted) {
    LocalImage image = build.run(wanted);
    List<String> _ = build.publish(wanted, Branch.of(System.getenv(), wanted.checkout()));
    return image;
  }
}
