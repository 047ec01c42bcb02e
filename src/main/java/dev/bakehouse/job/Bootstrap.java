package dev.bakehouse.job;

import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.image.ImageLease;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Slots;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

/// What the agent's `bootstrap-script` is: runs the agent's own bootstrap inside a fresh VM and
/// passes its result on.
final class Bootstrap {
  /// The agent takes it for "could not be started": buildkite-agent 3.138 reports -1, 3.78 reports
  /// 125.
  static final int INFRASTRUCTURE = 125;

  private static final int TRIES = 3;

  private final HostSettings settings;
  private final Machines machines;
  private final Supplier<Slots> slots;
  private final Job job;
  private final Cancellation cancellation;
  private final PrintStream log;
  private final Redactor raw;
  private final Phases phases;
  private final GuestBootstrap guest;
  private final Optional<Visitor> visitor;
  private final Evidence evidence;
  private final KeptVm kept;
  private final Recording recording;

  /// Whether a failure was in a VM that had started well, and the host knows no cause of its own.
  private boolean guests;

  /// Whether another build's artifacts were taken over, so that no VM ran.
  private boolean taken;

  /// @param visitor nobody in a job of an agent
  Bootstrap(
      HostSettings settings,
      Machines machines,
      Supplier<Slots> slots,
      Job job,
      Cancellation cancellation,
      OutputStream out,
      Optional<Visitor> visitor) {
    this.visitor = visitor;
    this.settings = settings;
    this.machines = machines;
    this.slots = slots;
    this.job = job;
    this.cancellation = cancellation;
    List<byte[]> secrets = Redactor.secrets(job.host(), job.text("BUILDKITE_REDACTED_VARS"));
    this.raw = new Redactor(out, secrets);
    this.log = new PrintStream(raw, true, StandardCharsets.UTF_8);
    this.phases = new Phases(log);
    this.recording = Recording.begin(job, settings, phases, visitor.isEmpty());
    this.evidence = new Evidence(settings, job, cancellation, phases, visitor.isEmpty());
    this.kept = new KeptVm(settings, job, cancellation, visitor.isPresent(), evidence, phases);
    this.guest = new GuestBootstrap(job, cancellation, raw, phases, visitor, evidence);
  }

  /// Runs the job to its end, and leaves a record of it on the host.
  ///
  /// @return the status for the agent
  int run() {
    int status = INFRASTRUCTURE;
    try {
      status = work();
    } finally {
      recording.end(status, cancellation.cancelled());
      log.flush();
      try {
        raw.settle();
      } catch (IOException e) {
        // The agent is gone; nobody reads this.
      }
    }
    return status;
  }

  private int work() {
    try {
      var _ = settings.cache().rule().decide(job.stepKey(), job.texts());
      RemotePlugins.insistReachable(job, settings, machines);
    } catch (UserError e) {
      return refuse(log, e);
    }
    try {
      boolean here = HostCommands.find(job, settings).isPresent();
      int status = here ? HostCommands.run(job, settings, phases, log) : inVm();
      if (!here && !taken && visitor.isEmpty()) {
        new Failures(settings.state()).clear();
      }
      if (status != 0 || cancellation.cancelled()) {
        evidence.upload();
      }
      log.println("--- bakehouse: " + phases.summary());
      return status;
    } catch (Infrastructure e) {
      boolean cancelled = cancellation.cancelled();
      if (cancelled) {
        log.println("+++ bakehouse: cancelled, before the job could end: " + e.getMessage());
      } else {
        log.println("+++ bakehouse: infrastructure failure, not the job's own");
        log.println(e.getMessage());
        log.println("  " + e.remedy());
      }
      boolean theirs =
          e.getCause() instanceof GitMirror.Fault || e.getCause() instanceof JobTests.Disagreement;
      if (!theirs) {
        recording.machineryFailed(Optional.of(e.phase()));
      }
      if (!cancelled && !theirs) {
        note(String.valueOf(e.getMessage()));
      }
      evidence.upload();
      return cancelled ? 143 : INFRASTRUCTURE;
    } catch (RuntimeException e) {
      recording.machineryFailed(Optional.empty());
      note("internal fault: " + e);
      throw e;
    }
  }

  /// Says what the step itself did wrong.
  ///
  /// @return the status for the agent
  static int refuse(PrintStream log, UserError e) {
    log.println("+++ bakehouse: this step can not run: " + e.getMessage());
    log.println("  " + e.remedy());
    return 1;
  }

  /// For the host, which takes no more jobs after a few of these: not what a step or a person may
  /// have brought about.
  private void note(String what) {
    if (guests || visitor.isPresent()) {
      return;
    }
    try {
      new Failures(settings.state()).add(job.id(), what);
    } catch (UserError e) {
      log.println("bakehouse: the failure could not be noted: " + e.getMessage());
    }
  }

  private int inVm() {
    String use = "job " + job.text("BUILDKITE_JOB_ID");
    try (ImageLease image =
        phases.run(Phase.IMAGE, settings.image(), () -> new Images(settings).lease(use, log))) {
      return inVm(image);
    }
  }

  private int inVm(ImageLease image) {
    // A step that declares inputs may need no VM at all.
    try (Claim claim =
        new StepInputs(job).declared()
            ? Claim.none()
            : phases.timed(
                Phase.SLOT, () -> Claim.of(machines, slots.get(), image.image(), connections()))) {
      return inVm(image, claim);
    }
  }

  private int inVm(ImageLease image, Claim claim) {
    Checkout checkout =
        phases.run(
            Phase.CHECKOUT,
            "mirror of " + job.text("BUILDKITE_REPO"),
            () -> Checkout.prepare(job, settings, phases::say));
    try (checkout) {
      GuestSystem system = GuestSystem.of(image.image().directory().resolve("config.json"));
      JobScope scope = phases.timed(Phase.CACHE, () -> JobScope.of(job, settings, system));
      JobCaches caches =
          phases.timed(
              Phase.CACHE,
              () ->
                  new JobCaches(
                      job, settings, scope, checkout, machines.hypervisor(), system, phases));
      Optional<TakeOver> passed =
          visitor.isPresent()
              ? Optional.empty()
              : TakeOver.of(
                  job, settings, scope, image.image().content(), checkout.files(), phases);
      taken = passed.isPresent() && takes(passed.get());
      if (taken) {
        caches.carry();
      }
      Optional<JobTests> tests =
          taken ? Optional.empty() : JobTests.of(job, settings, system, phases);
      if (tests.isPresent() && visitor.isEmpty()) {
        phases.run(Phase.TESTS, "times", tests.get()::decide);
      }
      Ran ran = taken ? new Ran("", 0) : inSlot(image, claim, checkout, caches, tests);
      if (visitor.isPresent()) {
        return ran.status();
      }
      // The slot is free for the next job.
      caches.keep();
      JobReport.publish(job, settings.withImage(image.image().name()), ran.vm(), phases, caches);
      if (ran.status() == 0 && !cancellation.cancelled()) {
        if (passed.isPresent() && passed.get().known()) {
          passed.get().note(image.steadily(LocalImage::content, _ -> {}));
        }
        if (!taken) {
          recording.served(phases.run(Phase.CACHE, "history and annotation", caches::settle));
        }
      }
      if (tests.isPresent() && !cancellation.cancelled()) {
        phases.run(Phase.TESTS, "kept with the build", () -> tests.get().settle(ran.status()));
      }
      return ran.status();
    }
  }

  private boolean takes(TakeOver passed) {
    Cancellation.Interruptible taking = cancellation.interrupt(Thread.currentThread());
    boolean takes = passed.take();
    taking.end();
    return takes;
  }

  private record Ran(String vm, int status) {}

  private Ran inSlot(
      ImageLease image,
      Claim claim,
      Checkout checkout,
      JobCaches caches,
      Optional<JobTests> tests) {
    Cancellation.Interruptible starting = cancellation.interrupt(Thread.currentThread());
    try (Lease lease =
        phases.run(
            Phase.SLOT,
            "one of " + settings.slots(),
            () -> claim.lease().orElseGet(() -> slot(image, caches)))) {
      Machine machine = startMachine(image, lease, claim, checkout, caches);
      String vm = machine.name();
      OptionalInt ended = OptionalInt.empty();
      boolean started = false;
      boolean passed = false;
      try {
        phases.say("--- bakehouse: cache · restore");
        Map<String, String> extra = new LinkedHashMap<>(caches.restore(machine));
        tests.ifPresent(t -> extra.putAll(phases.timed(Phase.TESTS, () -> t.install(machine))));
        starting.end();
        started = true;
        int status = guest.command(machine, checkout, extra);
        ended = OptionalInt.of(status);
        if (!cancellation.cancelled()) {
          phases.run(
              Phase.CACHE, "figures", () -> caches.collect(machine, guest.checkoutPath(machine)));
          tests.ifPresent(
              t ->
                  phases.timed(
                      Phase.TESTS, () -> t.collect(machine, guest.checkoutPath(machine), status)));
        }
        if (status == 0 && visitor.isEmpty() && !cancellation.cancelled()) {
          caches.measure(machine);
          phases.run(Phase.CACHE, "save", () -> caches.save(machine));
        }
        passed = status == 0;
        return new Ran(vm, status);
      } catch (RuntimeException e) {
        guests = started && machine.trouble().isEmpty();
        throw e;
      } finally {
        if (!passed && (started || !cancellation.cancelled())) {
          evidence.collect(machine, ended.isPresent() ? "" : GuestBootstrap.RUN);
        }
        if (!kept.started(machine, ended)) {
          phases.run(Phase.DESTROY, vm, machine::destroy);
        }
      }
    }
  }

  private Lease slot(ImageLease image, JobCaches caches) {
    return machines.slot(slots.get(), image.image(), caches.onVolume(), phases::say);
  }

  private Path connections() {
    return Directories.makePrivate(Connections.directory(settings));
  }

  /// Starts the VM; what fails before the job's own work began is tried again, a few times.
  private Machine startMachine(
      ImageLease image, Lease lease, Claim claim, Checkout checkout, JobCaches caches) {
    List<Integer> forwards = new ArrayList<>(checkout.ports());
    Loopback.port(job.text("BUILDKITE_AGENT_ENDPOINT")).ifPresent(forwards::add);
    for (int attempt = 1; ; attempt++) {
      String name = Machines.name(settings.name());
      try {
        return Heir.orStart(
            machines,
            image,
            lease,
            claim.session(),
            new Machine.Start(
                name,
                settings.vm().start(),
                forwards,
                connections(),
                Owner.PIPE,
                caches::attach,
                kept::notStarted),
            phases);
      } catch (Infrastructure e) {
        if (attempt == TRIES || cancellation.cancelled()) {
          throw e;
        }
        phases.say(
            e.getMessage() + "; starting another VM (" + (attempt + 1) + " of " + TRIES + ")");
      }
    }
  }
}
