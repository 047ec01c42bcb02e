package dev.bakehouse.job;

import dev.bakehouse.guest.Ended;
import dev.bakehouse.guest.FileCopy;
import dev.bakehouse.guest.RunResult;
import dev.bakehouse.guest.RunSpec;
import dev.bakehouse.image.ImageLease;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Slots;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// One command in a clean VM, by hand or in a step of an existing pipeline. Its output is the
/// command's alone; what the machinery has to say goes to standard error.
public final class JobRun {
  private static final Duration SLOT = Duration.ofHours(6);
  private static final Duration COPY = Duration.ofHours(1);
  private static final Duration GRACE = Duration.ofSeconds(9);
  private static final String RUN = "job";

  /// What to run.
  ///
  /// @param dir is copied into the guest and becomes the working directory
  /// @param out gets a copy of that directory after the command
  /// @param environment names of variables of this process the command gets
  /// @param keep leave the VM running after the command
  /// @param fresh make a VM for it, also where `vm.start` lets jobs have those on standby alone
  public record Request(
      List<String> command,
      Optional<Path> dir,
      Optional<Path> out,
      List<String> environment,
      boolean keep,
      boolean fresh) {}

  private final HostSettings settings;
  private final Request request;
  private final Phases phases;
  private final Map<String, String> host = RawEnvironment.read();

  public JobRun(HostSettings settings, Request request, PrintStream messages) {
    this.settings = settings;
    this.request = request;
    this.phases = new Phases(messages);
  }

  /// @return 0 to 255 as the command ended, 128+N for signal N
  /// @throws Infrastructure when the machinery failed
  public int run() {
    insistUsable();
    try (Cancellation cancellation = Cancellation.install(OptionalInt.empty())) {
      int status = 143;
      try {
        status = inVm(cancellation);
      } finally {
        cancellation.finished(status);
      }
      return status;
    }
  }

  /// What can be known to be wrong is said before a VM is made.
  private void insistUsable() {
    if (request.out().isPresent() && request.dir().isEmpty()) {
      throw new UserError(
          "--out gives back the directory that --dir brought, and there is none",
          "Name one with --dir.");
    }
    if (request.dir().filter(dir -> !Files.isDirectory(dir)).isPresent()) {
      throw new UserError(
          request.dir().get() + " is no directory", "Name one that is there with --dir.");
    }
    for (String name : request.environment()) {
      if (!host.containsKey(name)) {
        throw new UserError(
            "The variable " + name + " named by --env is not set",
            "Set it, or leave the option out.");
      }
    }
  }

  private int inVm(Cancellation cancellation) {
    Machines machines = machines();
    try (ImageLease image = phases.run(Phase.IMAGE, settings.image(), this::image)) {
      return inVm(machines, image, cancellation);
    }
  }

  private ImageLease image() {
    return new Images(settings).lease("job run", System.err);
  }

  private int inVm(Machines machines, ImageLease image, Cancellation cancellation) {
    Cancellation.Interruptible starting = cancellation.interrupt(Thread.currentThread());
    try (Lease lease =
        phases.run(Phase.SLOT, "one of " + settings.slots(), () -> slot(machines, image))) {
      Connections.sweep(settings);
      Machine machine = start(machines, image, lease);
      boolean kept = false;
      try {
        int status = work(machine, cancellation, starting);
        kept = request.keep() && !cancellation.cancelled();
        if (kept) {
          machine.leave();
          lease.leave();
          phases.say(
              "the VM "
                  + machine.name()
                  + " keeps running: `bakehouse vm ssh` and `bakehouse vm delete` take its name, with --state "
                  + settings.state());
        }
        return status;
      } finally {
        if (!kept) {
          phases.run(Phase.DESTROY, machine.name(), machine::destroy);
        }
      }
    } finally {
      phases.say("--- bakehouse: " + phases.summary());
    }
  }

  private int work(
      Machine machine, Cancellation cancellation, Cancellation.Interruptible starting) {
    if (request.dir().isPresent()) {
      Path dir = request.dir().get();
      phases.run(Phase.CHECKOUT, "copy of " + dir, () -> copy(machine).send(dir, workDir(machine)));
    }
    starting.end();
    int status = command(machine, cancellation);
    if (request.out().isPresent()) {
      Path out = request.out().get();
      phases.run(Phase.COLLECT, "copy to " + out, () -> copy(machine).fetch(workDir(machine), out));
    }
    return status;
  }

  private Machine start(Machines machines, ImageLease image, Lease lease) {
    Directories.makePrivate(settings.state());
    Path scratch = Directories.makePrivate(Connections.directory(settings));
    Machine.Start start =
        new Machine.Start(Machines.name("run"), mode(), List.of(), scratch, owner());
    return Heir.orStart(machines, image, lease, Optional.empty(), start, phases);
  }

  private String mode() {
    String mode = settings.vm().start();
    return request.fresh() && mode.equals("standby") ? "auto" : mode;
  }

  /// A VM that is to be kept belongs to nobody, and one that waits to a process.
  private Lease slot(Machines machines, ImageLease image) {
    Slots slots = Jobs.slots(settings);
    return request.keep() || request.fresh()
        ? slots.acquire(SLOT, phases::say)
        : machines.slot(slots, image.image(), false, phases::say);
  }

  /// The command reports to nobody; a step it runs in may ask for a size.
  private Machines machines() {
    return Jobs.machines(settings, owner(), System.getenv(), Optional.empty());
  }

  private Owner owner() {
    return request.keep() ? Owner.DETACHED : Owner.PIPE;
  }

  private static FileCopy copy(Machine machine) {
    return new FileCopy(machine.ssh(), machine.control(), machine.paths().system(), COPY);
  }

  private String workDir(Machine machine) {
    String home = machine.paths().system().home();
    return request.dir().isPresent() ? home + "/work" : home;
  }

  private int command(Machine machine, Cancellation cancellation) {
    Map<String, String> env = new LinkedHashMap<>();
    machine.paths().base(env);
    request.environment().forEach(name -> env.put(name, host.getOrDefault(name, "")));
    List<byte[]> entries =
        env.entrySet().stream()
            .map(e -> RawEnvironment.bytes(e.getKey() + "=" + e.getValue()))
            .toList();
    RunSpec spec =
        RunSpec.of(RUN, workDir(machine), request.command().toArray(String[]::new))
            .env(entries)
            .apart();
    cancellation.listen(() -> Threads.start(() -> machine.end(RUN, GRACE)));
    Redactor out = redactor(env, FileDescriptor.out);
    Redactor err = redactor(env, FileDescriptor.err);
    RunResult result = phases.timed(Phase.COMMAND, () -> machine.command(spec, out, err));
    settle(out);
    settle(err);
    return switch (result) {
      case RunResult.Finished(Ended.Exited(int code)) -> code;
      case RunResult.Finished(Ended.Signalled(int signal)) -> 128 + signal;
      case RunResult.Finished(Ended.Failed(String why)) ->
          throw failed("the command could not be started: " + why);
      case RunResult.Finished(Ended.Lost()) ->
          throw failed("the guest does not know how the command ended");
      case RunResult.ConnectionLost(String why, var _) ->
          throw failed(machine.trouble().orElse("the connection broke: " + why));
      case RunResult.NotStarted(String why) ->
          throw failed("the command could not be started: " + why);
      case RunResult.TimedOut(Duration limit) ->
          throw failed("the command ran for " + limit.toHours() + " hours");
    };
  }

  private static Infrastructure failed(String message) {
    return Infrastructure.of(Phase.COMMAND, new UserError(message, "Run it again."));
  }

  private static Redactor redactor(Map<String, String> env, FileDescriptor to) {
    OutputStream stream = new FileOutputStream(to);
    return new Redactor(stream, Redactor.secrets(env, Redactor.DEFAULT_GLOBS));
  }

  private static void settle(Redactor redactor) {
    try {
      redactor.settle();
    } catch (IOException e) {
      // Whoever read this is gone.
    }
  }
}
