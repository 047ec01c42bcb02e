package dev.bakehouse.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `bakehouse image distribute`
@Command(
    name = "distribute",
    mixinStandardHelpOptions = true,
    description =
        "Put images onto the list of those that every host brings in ahead of demand, as far as its store's budget allows.")
final class ImageDistributeCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Parameters(
      paramLabel = "REF",
      arity = "1..*",
      description = "References; a bare tag is one of the rollout's repository.")
  List<String> references = List.of();

  @Option(names = "--remove", description = "Take them off the list; hosts may prune them then.")
  boolean remove;

  @Override
  public Integer call() {
    RolloutView.print(options, options.promoter().distribute(references, remove).document());
    return Exit.OK;
  }
}
