package dev.bakehouse.cli;

import dev.bakehouse.vm.Template;
import dev.bakehouse.vm.qemu.QemuHypervisor;
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
    QemuHypervisor hypervisor = state.hypervisor();
    Optional<Template> template = hypervisor.template(source);
    if (template.isPresent()) {
      hypervisor.createFrom(name, template.get());
    } else {
      hypervisor.copy(source, name);
    }
    return Exit.OK;
  }
}
