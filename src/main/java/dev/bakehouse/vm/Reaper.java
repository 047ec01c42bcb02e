package dev.bakehouse.vm;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Ends VMs whose owner is dead or whose quarantine is over, and nothing else: kept VMs, templates,
/// images and VMs of living owners are never touched. Any number of processes may run it at once.
public final class Reaper {
  private final VmHome home;
  private final Quarantine quarantine;
  private final List<Hypervisor> hypervisors;

  public Reaper(Path state, List<Hypervisor> hypervisors) {
    this.home = new VmHome(state);
    this.quarantine = new Quarantine(state);
    this.hypervisors = List.copyOf(hypervisors);
  }

  /// Ends all orphans.
  ///
  /// @return their names
  public List<String> sweep() {
    List<String> ended = new ArrayList<>();
    for (VmRecord record : home.all()) {
      if ((record.orphan() || quarantine.over(record.name())) && end(record)) {
        ended.add(record.name());
      }
    }
    try {
      home.sweepDrafts();
    } catch (IOException e) {
      throw new UserError("Could not clean up VM drafts: " + e.getMessage(), "Check modes.", e);
    }
    return ended;
  }

  /// Whether a VM waits for an heir that wishes for this.
  boolean waits(String name, String wish) {
    return home.read(name).filter(r -> r.waits() && wish.equals(r.standby())).isPresent();
  }

  /// Ends the VM a dead lease was bound to.
  ///
  /// @param name its exact name
  /// @param displace end it too when it only waits for an heir
  /// @return whether the lease's slot is free now; not so when the VM lives for somebody else. One
  ///   in quarantine has no slot
  boolean release(String name, boolean displace) {
    Optional<VmRecord> record = home.read(name);
    if (record.isEmpty()) {
      return true;
    }
    if (record.get().orphan() || (displace && record.get().waits())) {
      end(record.get());
      return true;
    }
    return quarantine.find(name).isPresent() || of(record.get()).filter(Vm::running).isEmpty();
  }

  private boolean end(VmRecord record) {
    Optional<Vm> vm = of(record).filter(_ -> home.owns(record));
    vm.ifPresent(Vm::destroy);
    return vm.isPresent();
  }

  /// Of this very record: what has got another owner meanwhile is not ended.
  private Optional<Vm> of(VmRecord record) {
    return hypervisors.stream()
        .filter(h -> h.name().equals(record.hypervisor()))
        .findFirst()
        .map(h -> h.vm(record));
  }
}
