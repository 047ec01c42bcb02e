package dev.bakehouse.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse image rollback`
@Command(
    name = "rollback",
    mixinStandardHelpOptions = true,
    description =
        "Let all hosts run what was promoted before; they have kept it. Done again it changes nothing.")
final class ImageRollbackCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Option(names = "--reason", paramLabel = "TEXT", description = "Stands in the document.")
  String reason = "rolled back";

  @Option(
      names = "--further",
      description = "Go back again where the last change was a rollback: to the configured images.")
  boolean further;

  @Override
  public Integer call() {
    RolloutView.print(options, options.promoter().rollback(further, reason).document());
    return Exit.OK;
  }
}
