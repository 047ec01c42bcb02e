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
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Makes a standby VM ([StandbyVm]) the VM of one job.
///
/// From the first step on it lives as long as this process; the daemon that made it sees that it is
/// not its own any more and lets go.
final class Heir {
  private static final Duration IDENTIFY = Duration.ofSeconds(60);

  private Heir() {}

  /// The standby VM of the lease, where it has one that is fit; else a VM made for this job.
  ///
  /// @param ahead see [#ahead]
  static Machine orStart(
      Machines machines,
      ImageLease image,
      Lease lease,
      Optional<SshSession> ahead,
      Machine.Start start,
      Phases phases) {
    Optional<String> standby = lease.standby();
    if (standby.isPresent()) {
      try {
        return take(machines, standby.get(), ahead, start, phases);
      } catch (Infrastructure e) {
        ahead.ifPresent(SshSession::close);
        // A cancelled job must not begin another start, nor one that wants nothing else.
        if (Thread.currentThread().isInterrupted() || start.mode().equals("standby")) {
          throw e;
        }
        phases.say("the standby VM can not be used (" + e.getMessage() + "); starting another");
      }
    }
    return Machine.start(machines, image, lease, start, phases);
  }

  /// The session of a job's command in a VM that is not taken over yet; empty when that can not be
  /// had, which the taking over will tell.
  static Optional<SshSession> ahead(Machines machines, String name, Path connections) {
    try {
      return machines
          .hypervisor()
          .find(name)
          .map(vm -> ssh(HandOver.read(connections.resolve(name)), vm, connections).prepare());
    } catch (UserError e) {
      return Optional.empty();
    }
  }

  private static Ssh ssh(HandOver given, Vm vm, Path connections) {
    Path dir = connections.resolve(vm.name());
    return Ssh.takeOver(given.target(dir, GuestSystem.USER, vm.guestProgram()), given.socket());
  }

  private static Machine take(
      Machines machines,
      String name,
      Optional<SshSession> ahead,
      Machine.Start start,
      Phases phases) {
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
      CompletableFuture<Control> identified = new CompletableFuture<>();
      Runnable beside = start.beside().begin(vm, identified);
      try {
        machine =
            phases.run(
                Phase.CONNECT,
                "control, clock and ports",
                () -> connect(machines, vm, ahead, start, phases));
        identified.complete(machine.control());
      } finally {
        identified.cancel(false);
        beside.run();
      }
      phases.started("standby");
      return machine;
    } catch (RuntimeException e) {
      vm.destroy();
      Directories.delete(dir);
      throw e;
    }
  }

  private static Machine connect(
      Machines machines, Vm vm, Optional<SshSession> ahead, Machine.Start start, Phases phases) {
    Path dir = start.scratch().resolve(vm.name());
    HandOver given = HandOver.read(dir);
    Ssh ssh = ssh(given, vm, start.scratch());
    SshSession first = ahead.orElseGet(ssh::prepare);
    List<Integer> more =
        start.forwards().stream().filter(p -> !given.forwards().contains(p)).toList();
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
