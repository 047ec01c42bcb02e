package dev.bakehouse.cli;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Template;
import dev.bakehouse.vm.VmRecord;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "clone",
    mixinStandardHelpOptions = true,
    description = "Makes a VM from a template (resumes when run) or from a stopped VM.")
final class VmClone implements Callable<Integer> {
  @Mixin private VmState state = new VmState();

  @Parameters(paramLabel = "SOURCE", description = "A template, or a stopped VM.")
  private String source = "";

  @Parameters(paramLabel = "NAME", description = "The new VM.")
  private String name = "";

  @Override
  public Integer call() {
    Optional<VmRecord> vm = state.record(source);
    if (vm.isPresent()) {
      state.of(vm.get()).copy(source, name);
      return Exit.OK;
    }
    Hypervisor hypervisor = state.hypervisor();
    Template template =
        hypervisor
            .template(source)
            .orElseThrow(
                () ->
                    new UserError(
                        "There is no VM and no template of "
                            + hypervisor.name()
                            + " named "
                            + source,
                        "`bakehouse vm list` names the VMs; `bakehouse vm snapshot` makes templates."));
    hypervisor.createFrom(name, template);
    return Exit.OK;
  }
}
