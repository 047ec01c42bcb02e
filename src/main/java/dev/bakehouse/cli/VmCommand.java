package dev.bakehouse.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `bakehouse vm …`: virtual machines by hand. They are kept until deleted by name.
@Command(
    name = "vm",
    description = "Virtual machines by hand.",
    mixinStandardHelpOptions = true,
    subcommands = {
      VmList.class,
      VmCreate.class,
      VmRun.class,
      VmStop.class,
      VmDelete.class,
      VmSnapshot.class,
      VmClone.class,
      VmIp.class,
      VmExec.class,
      VmSsh.class,
      VmReset.class
    })
final class VmCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    CommandLine.usage(spec.commandLine(), System.err);
    return Exit.USAGE;
  }
}
