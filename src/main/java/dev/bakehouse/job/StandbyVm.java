package dev.bakehouse.job;

import dev.bakehouse.guest.ControlLost;
import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.image.ImageLease;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Vm;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// A VM that waits for a job: resumed, identified, connected, an empty cache disk in it, and
/// nothing of any job ever. It lives as long as this process, or as the one that takes it over
/// ([Heir]); its slot is left to it, for every job to take it or to end it.
public final class StandbyVm {
  private final Hypervisor hypervisor;
  private final Machine machine;
  private final String key;

  private StandbyVm(Hypervisor hypervisor, Machine machine, String key) {
    this.hypervisor = hypervisor;
    this.machine = machine;
    this.key = key;
  }

  /// Makes one by resume, from a template that is there. An interruption breaks it off.
  ///
  /// @param lease is left to the VM, or closed when there is none
  /// @throws UserError when it can not be made; nothing of it stays
  public static StandbyVm make(Machines machines, ImageLease image, Lease lease) {
    HostSettings host = machines.host();
    List<Integer> forwards = Loopback.port(host.agent().endpoint()).map(List::of).orElse(List.of());
    Machine.Start start =
        new Machine.Start(
            Machines.name(host.name()),
            "resume",
            forwards,
            Connections.directory(host),
            Owner.HEIR);
    try (lease) {
      Phases quiet =
          new Phases(
              new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
      Machine machine = Machine.start(machines, image, lease, start, quiet);
      try {
        machine.warm();
        rehearse(machines.hypervisor(), machine);
        machine.rest();
        String key = machines.standbyKey(image.image());
        machine.vm().standBy(key);
        lease.leave();
        return new StandbyVm(machines.hypervisor(), machine, key);
      } catch (RuntimeException e) {
        machine.destroy();
        throw e;
      }
    }
  }

  /// The first mount of a cache volume goes better then, and as well without.
  private static void rehearse(Hypervisor hypervisor, Machine machine) {
    if (machine.paths().system() != GuestSystem.LINUX || !hypervisor.attachesRunning()) {
      return;
    }
    try {
      GuestVolume.rehearse(machine, hypervisor.volumes().orElseThrow().size());
    } catch (UserError e) {
      if (e instanceof ControlLost || Thread.currentThread().isInterrupted()) {
        throw e;
      }
      // An image may lack what only volumes need: jobs say so.
    }
  }

  /// The VM's name.
  public String name() {
    return machine.name();
  }

  /// What it is ready for.
  public String key() {
    return key;
  }

  /// Whether it runs and nobody has taken it.
  public boolean waits() {
    return machine.running() && machine.vm().owned();
  }

  /// Ends it; one that was taken over is left to its heir.
  public void end() {
    Vm vm = machine.vm();
    vm.destroy();
    if (hypervisor.find(vm.name()).isPresent()) {
      vm.letGo();
      machine.ssh().letGo();
    } else {
      machine.leave();
    }
  }
}
