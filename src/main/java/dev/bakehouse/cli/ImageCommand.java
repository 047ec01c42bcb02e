package dev.bakehouse.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;

/// `bakehouse image …`
@Command(
    name = "image",
    mixinStandardHelpOptions = true,
    description = "VM images: get, build, move, look after.")
final class ImageCommand extends Group {
  private static final Map<String, Supplier<Callable<Integer>>> VERBS = new LinkedHashMap<>();

  static {
    VERBS.put("ensure", ImageEnsureCommand::new);
    VERBS.put("which", ImageWhichCommand::new);
    VERBS.put("build", ImageBuildCommand::new);
    VERBS.put("pull", ImagePullCommand::new);
    VERBS.put("push", ImagePushCommand::new);
    VERBS.put("promote", ImagePromoteCommand::new);
    VERBS.put("rollback", ImageRollbackCommand::new);
    VERBS.put("rollout", ImageRolloutCommand::new);
    VERBS.put("distribute", ImageDistributeCommand::new);
    VERBS.put("refresh", ImageRefreshCommand::new);
    VERBS.put("list", ImageListCommand::new);
    VERBS.put("show", ImageShowCommand::new);
    VERBS.put("history", ImageHistoryCommand::new);
    VERBS.put("verify", ImageVerifyCommand::new);
    VERBS.put("prune", ImagePruneCommand::new);
    VERBS.put("pin", ImagePinCommand::new);
    VERBS.put("tag", ImageTagCommand::new);
    VERBS.put("import", ImageImportCommand::new);
    VERBS.put("delete", ImageDeleteCommand::new);
  }

  @Override
  Map<String, Supplier<Callable<Integer>>> verbs() {
    return VERBS;
  }
}
