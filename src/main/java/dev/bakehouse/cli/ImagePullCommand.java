package dev.bakehouse.cli;

import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Transfer;
import dev.bakehouse.oci.Reference;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `bakehouse image pull`
@Command(
    name = "pull",
    mixinStandardHelpOptions = true,
    description = "Bring an image into the store.")
final class ImagePullCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Parameters(paramLabel = "REFERENCE", description = "host[:port]/repository:tag or oci:DIR:TAG.")
  String reference = "";

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Its name here (default: from the reference).")
  @Nullable String name;

  @Option(names = "--force-refresh", description = "Fetch and verify it even if it is here.")
  boolean forceRefresh;

  @Override
  public Integer call() {
    options.tellEvents();
    Reference from = Reference.parse(reference);
    String local = name == null ? Transfer.localName(from) : name;
    LocalImage image = options.transfer().pull(from, local, forceRefresh);
    options.done(ImageOptions.shown(image), image.name() + " " + image.record().digest());
    return Exit.OK;
  }
}
