package dev.bakehouse.job;

import dev.bakehouse.config.OperationsSettings.Keep;
import dev.bakehouse.vm.Vm;
import java.util.OptionalInt;

/// Whether the VM of one job stays for inspection: a visitor's and a cancelled job's never does.
final class KeptVm {
  private final HostSettings settings;
  private final String job;
  private final Cancellation cancellation;
  private final boolean visited;
  private final Evidence evidence;
  private final Phases phases;

  KeptVm(
      HostSettings settings,
      Job job,
      Cancellation cancellation,
      boolean visited,
      Evidence evidence,
      Phases phases) {
    this.settings = settings;
    this.job = job.id();
    this.cancellation = cancellation;
    this.visited = visited;
    this.evidence = evidence;
    this.phases = phases;
  }

  /// Keeps a VM that was started, or says that it is to go.
  ///
  /// @param ended the status of the job's command; empty where the machinery failed
  boolean started(Machine machine, OptionalInt ended) {
    if (cancellation.cancelled() || ended.equals(OptionalInt.of(0))) {
      return false;
    }
    machine.leave();
    return ended.isPresent()
        ? keep(machine.vm(), Keep.FAILED, "its command ended with status " + ended.getAsInt())
        : keep(machine.vm(), Keep.INFRASTRUCTURE, "the machinery failed");
  }

  /// As [#started], of one that did not start.
  boolean notStarted(Vm vm, RuntimeException e) {
    if (cancellation.cancelled()) {
      return false;
    }
    evidence.console(vm);
    return keep(vm, Keep.INFRASTRUCTURE, String.valueOf(e.getMessage()));
  }

  private boolean keep(Vm vm, Keep kind, String why) {
    return !visited && new Inspection(settings).keep(vm, kind, job, why, phases::say);
  }
}
