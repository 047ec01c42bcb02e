package dev.bakehouse.cli;

import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Template;
import dev.bakehouse.vm.Vm;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "snapshot",
    mixinStandardHelpOptions = true,
    description =
        "Keeps a VM as it is: a running one becomes a template to resume from, a stopped one is copied.")
final class VmSnapshot implements Callable<Integer> {
  @Mixin private VmState state = new VmState();

  @Parameters(paramLabel = "NAME", description = "The VM.")
  private String name = "";

  @Parameters(paramLabel = "SNAPSHOT", description = "The template's key, or the copy's name.")
  private String snapshot = "";

  @Override
  public Integer call() {
    Hypervisor hypervisor = state.of(state.made(name));
    Vm vm = state.require(name);
    if (vm.running()) {
      Template template = hypervisor.suspend(vm, snapshot);
      System.out.println("template " + template.key() + "; " + name + " became part of it");
    } else {
      System.out.println("copied to " + hypervisor.copy(name, snapshot).name());
    }
    return Exit.OK;
  }
}
