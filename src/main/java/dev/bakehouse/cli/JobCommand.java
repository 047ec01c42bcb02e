package dev.bakehouse.cli;

import dev.bakehouse.job.Jobs;
import dev.bakehouse.platform.UserError;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// `bakehouse job …`: one job in one VM.
@Command(
    name = "job",
    description = "Runs a job or a command in a clean VM.",
    mixinStandardHelpOptions = true)
final class JobCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    System.err.println("Name one of bootstrap, run.");
    return Exit.USAGE;
  }

  @Command(
      name = "bootstrap",
      description = "What the agent's bootstrap-script names: everything from the environment.")
  int bootstrap() {
    try {
      return Jobs.bootstrap();
    } catch (UserError e) {
      Exit.of(e);
      return Exit.INFRASTRUCTURE;
    }
  }
}
