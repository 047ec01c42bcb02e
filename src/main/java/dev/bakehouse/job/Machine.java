package dev.bakehouse.job;

import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.Forward;
import dev.bakehouse.guest.GuestProgram;
import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.guest.Identity;
import dev.bakehouse.guest.RunResult;
import dev.bakehouse.guest.RunSpec;
import dev.bakehouse.guest.Ssh;
import dev.bakehouse.guest.SshKey;
import dev.bakehouse.guest.SshSession;
import dev.bakehouse.guest.SshTarget;
import dev.bakehouse.image.ImageLease;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.vm.Duplex;
import dev.bakehouse.vm.Endpoint;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Vm;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/// A running, identified, connected VM of one job.
final class Machine {
  private static final Duration IDENTIFY = Duration.ofSeconds(60);
  private static final Duration KILLED = Duration.ofSeconds(3);
  private static final Duration LONGEST = Duration.ofDays(2);

  private final Vm vm;
  private final GuestSystem system;
  private final Duplex channel;
  private final Control control;
  private final Ssh ssh;
  private final Path dir;
  private final DiskWatch watch;
  private final OwnCommands own;
  private final SshSession first;

  /// @param first waits for the machine's own command, [#command]
  Machine(
      Vm vm,
      GuestSystem system,
      Duplex channel,
      Control control,
      Ssh ssh,
      SshSession first,
      Path dir,
      DiskWatch watch) {
    this.vm = vm;
    this.system = system;
    this.channel = channel;
    this.control = control;
    this.ssh = ssh;
    this.dir = dir;
    this.watch = watch;
    this.own = new OwnCommands(ssh, control, system);
    this.first = first;
  }

  /// Clones, starts, identifies and connects a VM; whatever fails, nothing of it stays.
  static Machine start(
      Machines machines, ImageLease image, Lease lease, Start start, Phases phases) {
    String name = start.name();
    Machines.Fresh clone =
        phases.run(
            Phase.CLONE, name, () -> machines.clone(image, lease, name, start.mode(), phases));
    Vm vm = clone.vm();
    Path dir = Directories.makePrivate(Directories.makePrivate(start.scratch()).resolve(name));
    Duplex channel = null;
    Control control = null;
    DiskWatch watch = null;
    try {
      GuestSystem system = GuestSystem.of(vm.config());
      boolean attaches = clone.resumes() && machines.hypervisor().attachesRunning();
      CompletableFuture<Control> identified = new CompletableFuture<>();
      if (!attaches) {
        identified.cancel(false);
        start.beside().begin(vm, identified).run();
      }
      Booted booted =
          phases.run(
              Phase.BOOT,
              "start and first answer",
              () -> {
                vm.start(start.owner());
                Duplex duplex = vm.control(GuestProgram.bytes());
                Control fresh = new Control(duplex.in(), duplex.out());
                fresh.hello(clone.answer());
                return new Booted(duplex, fresh);
              });
      watch = new DiskWatch(vm, machines.vmSettings().fullDisk(), phases::say);
      channel = booted.channel();
      control = booted.control();
      Runnable attaching = attaches ? start.beside().begin(vm, identified) : () -> {};
      @Nullable Ssh ssh = null;
      try {
        ssh = connect(machines, vm, control, identified, dir, start, phases);
      } finally {
        identified.cancel(false);
        if (ssh == null) {
          // What is asked of the guest by then gets no answer any more.
          control.close();
        }
        attaching.run();
      }
      phases.started(clone.speed());
      return new Machine(vm, system, channel, control, ssh, ssh.prepare(), dir, watch);
    } catch (RuntimeException e) {
      String console = console(vm);
      closeQuietly(watch);
      closeQuietly(control);
      closeQuietly(channel);
      Directories.delete(dir);
      if (!start.kept().test(vm, e)) {
        vm.destroy();
      }
      if (!console.isEmpty()) {
        phases.say("last lines of the serial console:\n" + console);
      }
      throw e;
    }
  }

  private static Ssh connect(
      Machines machines,
      Vm vm,
      Control control,
      CompletableFuture<Control> identified,
      Path dir,
      Start start,
      Phases phases) {
    SshKey login = SshKey.create();
    Identity identity = Identity.fresh(vm.name(), GuestSystem.USER, login);
    Endpoint endpoint =
        phases.run(
            Phase.ADDRESS,
            "identity and address",
            () -> {
              control.identify(identity, IDENTIFY);
              identified.complete(control);
              machines.resolver().ifPresent(control::resolve);
              return vm.ssh(machines.vmSettings().connect());
            });
    Ssh ssh =
        phases.run(
            Phase.CONNECT,
            "SSH to " + endpoint.host() + ":" + endpoint.port(),
            () ->
                Ssh.open(
                    new SshTarget(
                        endpoint.host(),
                        endpoint.port(),
                        GuestSystem.USER,
                        login.save(dir.resolve("key")),
                        identity.hostKey().publicLine(),
                        vm.guestProgram()),
                    start.forwards().stream().map(Forward::loopback).toList(),
                    dir,
                    machines.vmSettings().connect(),
                    start.owner() == Owner.HEIR
                        ? Optional.of(machines.heir(vm.name()))
                        : Optional.empty()));
    if (start.owner() == Owner.HEIR) {
      new HandOver(endpoint, identity, start.forwards(), ssh.socket()).write(dir);
    }
    return ssh;
  }

  /// How a machine is to start.
  ///
  /// @param name of the VM
  /// @param mode `auto`, `boot`, `resume` or `standby`
  /// @param forwards loopback ports the guest reaches on its own loopback
  /// @param scratch directory for the connection's files
  /// @param owner whether the VM ends with this process
  /// @param beside goes on while the VM is connected
  /// @param kept gets a VM that did not start, and says whether it keeps it
  record Start(
      String name,
      String mode,
      List<Integer> forwards,
      Path scratch,
      Owner owner,
      Beside beside,
      BiPredicate<Vm, RuntimeException> kept) {
    Start(String name, String mode, List<Integer> forwards, Path scratch, Owner owner) {
      this(name, mode, forwards, scratch, owner, (_, _) -> () -> {}, (_, _) -> false);
    }
  }

  /// What is done to a VM beside the rest of its start.
  interface Beside {
    /// Begins it.
    ///
    /// @param vm does not run yet, or is not connected
    /// @param identified comes when the guest has its clock and its name; is cancelled where that
    ///   does not come in time
    /// @return waits for the end of it
    Runnable begin(Vm vm, Future<Control> identified);
  }

  private record Booted(Duplex channel, Control control) {}

  String name() {
    return vm.name();
  }

  Vm vm() {
    return vm;
  }

  Control control() {
    return control;
  }

  /// By the system of the image it was made from.
  GuestPaths paths() {
    return new GuestPaths(system);
  }

  Ssh ssh() {
    return ssh;
  }

  /// Runs the one command that the machine is there for, as [Ssh#run]: its session was prepared
  /// with the machine.
  RunResult command(RunSpec spec, OutputStream out, OutputStream err) {
    return first.run(spec, out, err, control, LONGEST);
  }

  /// Runs small commands of Bakehouse's own in the guest.
  OwnCommands own() {
    return own;
  }

  /// As [OwnCommands#run].
  void run(List<String> argv, InputStream in, OutputStream out) throws IOException {
    own.run(argv, Map.of(), in, out);
  }

  /// TERM to all of a run, KILL when its grace is over, and the end of the whole VM when even that
  /// does nothing: the run may only just begin, or the guest not listen any more.
  void end(String run, Duration grace) {
    if (!ended(run, "TERM", grace) && !ended(run, "KILL", KILLED)) {
      vm.kill();
    }
  }

  private boolean ended(String run, String signal, Duration time) {
    try {
      control.signal(run, signal);
    } catch (RuntimeException e) {
      // It has not begun, or there is no answer: the wait tells.
    }
    try {
      control.await(run, time);
      return true;
    } catch (RuntimeException e) {
      return false;
    }
  }

  /// A cause that explains a lost connection, when one is known.
  Optional<String> trouble() {
    return watch.trouble();
  }

  boolean running() {
    return vm.running();
  }

  /// The end of the serial log, or nothing.
  String console() {
    return console(vm);
  }

  private static String console(Vm vm) {
    try {
      List<String> lines = Files.readAllLines(vm.console(), StandardCharsets.ISO_8859_1);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
    } catch (IOException e) {
      return "";
    }
  }

  /// Starts the agent's bootstrap, by the way that a job's is started, for its help alone: the next
  /// start finds what it needs in memory and, in emulation, its code translated.
  void warm() {
    RunSpec spec =
        RunSpec.of("warm", "/", paths().agent(), "bootstrap", "--help")
            .env(Map.of("PATH", paths().system().path()))
            .apart();
    OutputStream nowhere = OutputStream.nullOutputStream();
    RunResult _ = ssh.run(spec, nowhere, nowhere, control, IDENTIFY);
  }

  /// Lets go of all but the connection, for an heir: one process at a time has the control channel.
  void rest() {
    closeQuietly(watch);
    closeQuietly(first);
    closeQuietly(control);
    closeQuietly(channel);
  }

  /// Lets go of a VM that is to keep running.
  void leave() {
    closeQuietly(watch);
    closeQuietly(first);
    closeQuietly(ssh);
    closeQuietly(control);
    closeQuietly(channel);
    Directories.delete(dir);
  }

  /// Ends the VM and removes every trace of it.
  ///
  /// @return its name
  String destroy() {
    leave();
    vm.destroy();
    return vm.name();
  }

  private static void closeQuietly(@Nullable AutoCloseable resource) {
    try {
      if (resource != null) {
        resource.close();
      }
    } catch (Exception e) {
      // The VM goes away next, and with it whatever this could not say goodbye to.
    }
  }
}
