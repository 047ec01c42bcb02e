package dev.bakehouse.cli;

import dev.bakehouse.oci.Reference;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.rollout.Board;
import dev.bakehouse.rollout.Document;
import dev.bakehouse.rollout.Keys;
import dev.bakehouse.rollout.Posted;
import dev.bakehouse.rollout.RolloutConfig;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse image rollout`
@Command(
    name = "rollout",
    mixinStandardHelpOptions = true,
    description = "Show what hosts are to run, and what that means for this one.",
    subcommands = ImageRolloutCommand.Keygen.class)
final class ImageRolloutCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Override
  public Integer call() {
    RolloutConfig config = options.rollout();
    if (!config.followed()) {
      throw new UserError(
          "No rollout is followed here: there is no `image.rollout.public-key`",
          "Make a pair of keys with `bakehouse image rollout keygen`.");
    }
    Reference place = options.rolloutPlace();
    Board board = new Board(options.repositories().open(place), place);
    Optional<Document> document = board.read(config).map(Posted::document);
    if (document.isEmpty()) {
      throw new UserError(
          board.name() + " has no rollout document",
          "`bakehouse image promote REF` writes the first.");
    }
    RolloutView.print(options, document.get());
    return Exit.OK;
  }

  @Command(
      name = "keygen",
      mixinStandardHelpOptions = true,
      description =
          "Make a pair of keys: the private one for promoters, in a file; the public one for hosts.")
  static final class Keygen implements Callable<Integer> {
    @Option(
        names = "--out",
        paramLabel = "FILE",
        defaultValue = "rollout.key",
        description = "The private key's file, of mode 600 (default: ${DEFAULT-VALUE}).")
    Path out = Path.of("rollout.key");

    @Option(names = "--json", description = "Print the result as JSON.")
    boolean json;

    @Override
    public Integer call() {
      String line = Keys.generate(out);
      if (json) {
        RolloutView.json(Map.of("keyFile", out.toString(), "publicKey", line));
        return Exit.OK;
      }
      System.out.println("private key: " + out + " (for promoters: `image.rollout.key-file` or");
      System.out.println("  " + RolloutConfig.KEY_VARIABLE + "; keep a copy in a safe place)");
      System.out.println("for the configuration of every host:");
      System.out.println("image:");
      System.out.println("  rollout:");
      System.out.println("    public-key: " + line);
      return Exit.OK;
    }
  }
}
