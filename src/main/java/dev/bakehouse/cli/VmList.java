package dev.bakehouse.cli;

import dev.bakehouse.vm.VmInfo;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

@Command(name = "list", mixinStandardHelpOptions = true, description = "All VMs of this host.")
final class VmList implements Callable<Integer> {
  private static final String LINE = "%-24s %-8s %-20s %-16s %4s %8s  %s%n";

  @Mixin private VmState state = new VmState();

  @Option(
      names = "--json",
      description = "A JSON array with name, state, image, owner, slot, pid, started.")
  private boolean json;

  private List<VmInfo> all() {
    return state.all().stream()
        .flatMap(hypervisor -> hypervisor.list().stream())
        .sorted(Comparator.comparing(VmInfo::name))
        .toList();
  }

  @Override
  public Integer call() {
    List<VmInfo> all = all();
    if (json) {
      System.out.println(JsonMapper.builder().build().writeValueAsString(all));
      return Exit.OK;
    }
    System.out.printf(LINE, "NAME", "STATE", "IMAGE", "OWNER", "SLOT", "PID", "STARTED");
    for (VmInfo vm : all) {
      String slot = vm.slot() < 0 ? "-" : Integer.toString(vm.slot());
      String pid = vm.pid() == 0 ? "-" : Long.toString(vm.pid());
      System.out.printf(
          LINE, vm.name(), vm.state(), vm.image(), vm.owner(), slot, pid, vm.started());
    }
    return Exit.OK;
  }
}
