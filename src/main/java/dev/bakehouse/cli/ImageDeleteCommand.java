package dev.bakehouse.cli;

import dev.bakehouse.image.ImageStore;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `bakehouse image delete`
@Command(
    name = "delete",
    mixinStandardHelpOptions = true,
    description = "Delete an image that is neither pinned nor in use.")
final class ImageDeleteCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Parameters(paramLabel = "NAME", arity = "1..*", description = "Their names here.")
  List<String> names = List.of();

  @Override
  public Integer call() {
    ImageStore store = options.store();
    names.forEach(store::delete);
    options.print(Map.of("deleted", names), String.join("\n", names));
    return Exit.OK;
  }
}
