package dev.bakehouse.cli;

import dev.bakehouse.guest.Ssh;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.UserError;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@picocli.CommandLine.Command(
    name = "ssh",
    mixinStandardHelpOptions = true,
    description =
        "Opens a terminal in a running VM by the system's ssh, with the VM's own key and host key.")
final class VmSsh implements Callable<Integer> {
  @Mixin private VmState state = new VmState();

  @Parameters(index = "0", paramLabel = "NAME", description = "The VM.")
  private String name = "";

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "ARGUMENT",
      description = "After `--`: a command line for the guest's shell, as ssh takes it.")
  private List<String> arguments = List.of();

  @Override
  public Integer call() {
    try {
      VmAccess access = new VmAccess(state.require(name), state.directory());
      return Command.of(Ssh.terminal(access.target(), access.directory(), arguments)).inTerminal();
    } catch (UserError e) {
      Exit.of(e);
      return Exit.INFRASTRUCTURE;
    }
  }
}
