package dev.bakehouse.cli;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.rollout.Promoter;
import dev.bakehouse.rollout.Target;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `bakehouse image promote`
@Command(
    name = "promote",
    mixinStandardHelpOptions = true,
    description =
        "Let a share of the hosts run an image, by the signed document in the registry that they follow.")
final class ImagePromoteCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Parameters(
      paramLabel = "REF",
      description = "A tag or digest of the rollout's repository, or a whole reference to it.")
  String reference = "";

  @Option(
      names = "--percent",
      paramLabel = "N",
      description = "1 to 100 (default: the next of 10, 50, 90, 100).")
  @Nullable Integer percent;

  @Option(
      names = "--canary",
      paramLabel = "HOST",
      description = "A host that is in whatever the percentage; repeatable.")
  List<String> canaries = List.of();

  @Option(names = "--reason", paramLabel = "TEXT", description = "Stands in the document.")
  String reason = "";

  @Override
  public Integer call() {
    if (percent != null && (percent < 1 || percent > 100)) {
      throw new UserError(
          "`--percent " + percent + "` is no share of the hosts", "Write a number from 1 to 100.");
    }
    Promoter promoter = options.promoter();
    Target target = promoter.target(reference);
    OptionalInt share = percent == null ? OptionalInt.empty() : OptionalInt.of(percent);
    RolloutView.print(options, promoter.promote(target, share, canaries, reason).document());
    return Exit.OK;
  }
}
