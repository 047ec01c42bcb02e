package dev.bakehouse.job;

import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.Forward;
import dev.bakehouse.guest.GuestProgram;
import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.guest.Identity;
import dev.bakehouse.guest.Ssh;
import dev.bakehouse.guest.SshSession;
import dev.bakehouse.image.ImageLease;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Duplex;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Vm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Makes a standby VM ([StandbyVm]) the VM of one job.
///
/// From the first step on it lives as long as this process; the daemon that made it sees that it is
/// not its own any more and lets go.
final class Heir {
  private static final Duration IDENTIFY = Duration.ofSeconds(60);

  private Heir() {}

  /// The standby VM of the lease, where it has one that is fit; else a VM made for this job.
  static Machine orStart(
      Machines machines, ImageLease image, Lease lease, Machine.Start start, Phases phases) {
    Optional<String> standby = lease.standby();
    if (standby.isPresent()) {
      try {
        return take(machines, standby.get(), start, phases);
      } catch (Infrastructure e) {
        // A cancelled job must not begin another start, nor one that wants nothing else.
        if (Thread.currentThread().isInterrupted() || start.mode().equals("standby")) {
          throw e;
        }
        phases.say("the standby VM can not be used (" + e.getMessage() + "); starting another");
      }
    }
    return Machine.start(machines, image, lease, start, phases);
  }

  private static Machine take(Machines machines, String name, Machine.Start start, Phases phases) {
    Vm vm =
        phases.run(
            Phase.CLONE,
            name + ", from standby",
            () ->
                machines
                    .hypervisor()
                    .takeOver(name)
                    .orElseThrow(
                        () -> new UserError("the VM " + name + " is gone", "Another is started.")));
    Path dir = start.scratch().resolve(name);
    @Nullable Machine machine = null;
    try {
      start.before().accept(vm);
      machine =
          phases.run(
              Phase.CONNECT,
              "control, clock and ports",
              () -> connect(machines, vm, dir, start.forwards(), phases));
      phases.started("standby");
      return machine;
    } catch (RuntimeException e) {
      vm.destroy();
      Directories.delete(dir);
      throw e;
    }
  }

  private static Machine connect(
      Machines machines, Vm vm, Path dir, List<Integer> forwards, Phases phases) {
    HandOver given = HandOver.read(dir);
    Ssh ssh = Ssh.takeOver(given.target(dir, GuestSystem.USER, vm.guestProgram()), given.socket());
    SshSession first = ssh.prepare();
    List<Integer> more = forwards.stream().filter(p -> !given.forwards().contains(p)).toList();
    Duplex channel = vm.control(GuestProgram.bytes());
    Control control =
        Threads.beside(
            () -> ssh.forward(more.stream().map(Forward::loopback).toList()),
            () -> identified(channel, given, machines, vm.name()));
    DiskWatch watch = new DiskWatch(vm, machines.vmSettings().fullDisk(), phases::say);
    return new Machine(vm, GuestSystem.of(vm.config()), channel, control, ssh, first, dir, watch);
  }

  private static Control identified(
      Duplex channel, HandOver given, Machines machines, String name) {
    Control control = new Control(channel.in(), channel.out());
    control.hello(machines.vmSettings().resume());
    control.identify(
        Identity.again(name, given.machineId(), GuestSystem.USER, given.authorizedKey()), IDENTIFY);
    return control;
  }
}
