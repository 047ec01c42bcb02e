package dev.bakehouse.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "delete",
    mixinStandardHelpOptions = true,
    description = "Ends a VM and removes every trace of it.")
final class VmDelete implements Callable<Integer> {
  @Mixin private VmState state = new VmState();

  @Parameters(paramLabel = "NAME", description = "The VM.")
  private String name = "";

  @Override
  public Integer call() {
    state.require(name).destroy();
    return Exit.OK;
  }
}
