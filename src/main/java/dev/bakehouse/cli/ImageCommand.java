package dev.bakehouse.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `bakehouse image …`
@Command(
    name = "image",
    mixinStandardHelpOptions = true,
    description = "VM images: get, build, move, look after.",
    subcommands = {
      ImageEnsureCommand.class,
      ImageWhichCommand.class,
      ImageBuildCommand.class,
      ImagePullCommand.class,
      ImagePushCommand.class,
      ImagePromoteCommand.class,
      ImageRollbackCommand.class,
      ImageRolloutCommand.class,
      ImageDistributeCommand.class,
      ImageRefreshCommand.class,
      ImageListCommand.class,
      ImageShowCommand.class,
      ImageHistoryCommand.class,
      ImageVerifyCommand.class,
      ImagePruneCommand.class,
      ImagePinCommand.class,
      ImageTagCommand.class,
      ImageImportCommand.class,
      ImageDeleteCommand.class
    })
final class ImageCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    CommandLine line = spec.commandLine();
    line.usage(line.getErr());
    return Exit.USAGE;
  }
}
