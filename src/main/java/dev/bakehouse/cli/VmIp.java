package dev.bakehouse.cli;

import dev.bakehouse.vm.Endpoint;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "ip",
    mixinStandardHelpOptions = true,
    description = "Prints where the sshd of a running VM can be reached: HOST PORT.")
final class VmIp implements Callable<Integer> {
  @Mixin private VmState state = new VmState();

  @Parameters(paramLabel = "NAME", description = "The VM.")
  private String name = "";

  @Override
  public Integer call() {
    Endpoint ssh = state.require(name).ssh(Duration.ofSeconds(30));
    System.out.println(ssh.host() + " " + ssh.port());
    return Exit.OK;
  }
}
