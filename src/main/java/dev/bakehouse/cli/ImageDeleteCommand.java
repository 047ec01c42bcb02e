package dev.bakehouse.cli;

import dev.bakehouse.image.InUse;
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
    InUse inUse = ImageWiring.inUse(options.stateDirectory(), options.store().root());
    names.forEach(name -> options.store().delete(name, inUse));
    options.print(Map.of("deleted", names), String.join("\n", names));
    return Exit.OK;
  }
}
