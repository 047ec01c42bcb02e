package dev.bakehouse.cli;

import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `bakehouse image push`
@Command(
    name = "push",
    mixinStandardHelpOptions = true,
    description = "Store an image of this host in a registry or layout.")
final class ImagePushCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Parameters(index = "0", paramLabel = "NAME", description = "Its name here.")
  String name = "";

  @Parameters(
      index = "1",
      paramLabel = "REFERENCE",
      description = "host[:port]/repository:tag or oci:DIR:TAG.")
  String reference = "";

  @Option(names = "--also", paramLabel = "TAG", description = "Further tags.")
  List<String> also = List.of();

  @Override
  public Integer call() {
    options.tellEvents();
    Reference to = Reference.parse(reference);
    List<String> tags = new ArrayList<>(List.of(to.selector()));
    tags.addAll(also);
    Digest digest = options.transfer().push(name, to, tags);
    options.done(
        Map.of("digest", digest.toString(), "reference", to.toString(), "tags", tags),
        digest.toString());
    return Exit.OK;
  }
}
