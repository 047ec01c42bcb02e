package dev.bakehouse.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `bakehouse image pin`
@Command(
    name = "pin",
    mixinStandardHelpOptions = true,
    description = "Keep an image from being pruned or deleted.")
final class ImagePinCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Parameters(paramLabel = "NAME", description = "Its name here.")
  String name = "";

  @Option(names = "--remove", description = "Let it go again.")
  boolean remove;

  @Override
  public Integer call() {
    options.store().pin(name, !remove);
    options.print(
        ImageOptions.shown(options.store().get(name)),
        name + (remove ? ": not pinned" : ": pinned"));
    return Exit.OK;
  }
}
