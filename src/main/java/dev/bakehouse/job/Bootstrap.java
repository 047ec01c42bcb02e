package dev.bakehouse.job;

import dev.bakehouse.cache.Strategy;
import dev.bakehouse.guest.Ended;
import dev.bakehouse.guest.GuestSystem;
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
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Supplier;

/// What the agent's `bootstrap-script` is: runs the agent's own bootstrap inside a fresh VM and
/// passes its result on.
public final class Bootstrap {
  /// The agent takes it for "could not be started": buildkite-agent 3.138 reports -1, 3.78 reports
  /// 125.
  public static final int INFRASTRUCTURE = 125;

  private static final Duration LONGEST = Duration.ofDays(2);
  private static final int TRIES = 3;
  private static final String RUN = "job";
  private static final String EMPTY_INPUT = "/bin/sh -c 'exec \"$@\" </dev/null' sh ";

  private final HostSettings settings;
  private final Machines machines;
  private final Supplier<Slots> slots;
  private final Job job;
  private final Cancellation cancellation;
  private final PrintStream log;
  private final OutputStream raw;
  private final Phases phases;

  Bootstrap(
      HostSettings settings,
      Machines machines,
      Supplier<Slots> slots,
      Job job,
      Cancellation cancellation,
      OutputStream out) {
    this.settings = settings;
    this.machines = machines;
    this.slots = slots;
    this.job = job;
    this.cancellation = cancellation;
    List<byte[]> secrets = Redactor.secrets(job.host(), job.text("BUILDKITE_REDACTED_VARS"));
    this.raw = new Redactor(out, secrets);
    this.log = new PrintStream(raw, true, StandardCharsets.UTF_8);
    this.phases = new Phases(log);
  }

  /// Runs the job to its end.
  ///
  /// @return the status for the agent
  int run() {
    try {
      Strategy.of(job.texts());
    } catch (UserError e) {
      log.println("+++ bakehouse: this step can not run: " + e.getMessage());
      log.println("  " + e.remedy());
      return 1;
    }
    try {
      int status =
          HostCommands.find(job, settings).isPresent()
              ? HostCommands.run(job, settings, phases, log)
              : inVm();
      log.println("--- bakehouse: " + phases.summary());
      return status;
    } catch (Infrastructure e) {
      log.println("+++ bakehouse: infrastructure failure, not the job's own");
      log.println(e.getMessage());
      log.println("  " + e.remedy());
      return cancellation.cancelled() ? 143 : INFRASTRUCTURE;
    } finally {
      log.flush();
      try {
        ((Redactor) raw).settle();
      } catch (IOException e) {
        // The agent is gone; nobody reads this.
      }
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
    Checkout checkout =
        phases.run(
            Phase.CHECKOUT,
            "mirror of " + job.text("BUILDKITE_REPO"),
            () -> Checkout.prepare(job, settings, phases::say));
    try (checkout) {
      JobCaches caches =
          phases.timed(
              Phase.CACHE,
              () ->
                  new JobCaches(
                      job,
                      settings,
                      checkout,
                      machines.hypervisor(),
                      GuestSystem.of(image.image().directory().resolve("config.json")),
                      phases));
      Ran ran = inSlot(image, checkout, caches);
      // The slot is free for the next job.
      caches.keep();
      JobReport.publish(job, settings, ran.vm(), phases, caches);
      if (ran.status() == 0 && !cancellation.cancelled()) {
        phases.run(Phase.CACHE, "history and annotation", caches::settle);
      }
      return ran.status();
    }
  }

  private record Ran(String vm, int status) {}

  private Ran inSlot(ImageLease image, Checkout checkout, JobCaches caches) {
    Cancellation.Interruptible starting = cancellation.interrupt(Thread.currentThread());
    try (Lease lease =
        phases.run(
            Phase.SLOT,
            "one of " + settings.slots(),
            () -> machines.slot(slots.get(), image.image(), caches.onVolume(), phases::say))) {
      Machine machine = startMachine(image, lease, checkout, caches);
      String vm = machine.name();
      try {
        phases.say("--- bakehouse: cache · restore");
        Map<String, String> cachePaths = caches.restore(machine);
        starting.end();
        int status = command(machine, checkout, cachePaths);
        if (!cancellation.cancelled()) {
          phases.run(Phase.CACHE, "figures", () -> caches.collect(machine, checkoutPath(machine)));
        }
        if (status == 0 && !cancellation.cancelled()) {
          caches.measure(machine);
          phases.run(Phase.CACHE, "save", () -> caches.save(machine));
        }
        return new Ran(vm, status);
      } finally {
        phases.run(Phase.DESTROY, vm, machine::destroy);
      }
    }
  }

  /// Starts the VM; what fails before the job's own work began is tried again, a few times.
  private Machine startMachine(ImageLease image, Lease lease, Checkout checkout, JobCaches caches) {
    Path scratch = Directories.makePrivate(Connections.directory(settings));
    List<Integer> forwards = new ArrayList<>(checkout.ports());
    loopbackPort(job.text("BUILDKITE_AGENT_ENDPOINT")).ifPresent(forwards::add);
    for (int attempt = 1; ; attempt++) {
      String name = Machines.name(settings.name());
      try {
        return Heir.orStart(
            machines,
            image,
            lease,
            new Machine.Start(
                name, settings.vm().start(), forwards, scratch, Owner.PIPE, caches::attach),
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

  private int command(Machine machine, Checkout checkout, Map<String, String> extra) {
    GuestPaths paths = machine.paths();
    SequencedMap<String, String> env = new LinkedHashMap<>(job.crossing());
    paths.rewrite(env);
    env.put("BUILDKITE_BUILD_CHECKOUT_PATH", RawEnvironment.raw(checkoutPath(machine)));
    // The inner bootstrap must end before this process is killed.
    env.put(
        "BUILDKITE_SIGNAL_GRACE_PERIOD_SECONDS",
        String.valueOf(Math.max(1, job.graceSeconds() - 3)));
    // The agent gives commands a terminal, which a command that reads would wait at for ever; with
    // the input alone taken away, the output stays a terminal. The agent splits this like a shell.
    env.compute(
        "BUILDKITE_SHELL",
        (_, shell) -> EMPTY_INPUT + (shell == null || shell.isBlank() ? "/bin/bash -e -c" : shell));
    checkout.configure(env);
    env.putAll(extra);
    RunSpec spec =
        RunSpec.of(RUN, paths.system().home(), paths.agent(), "bootstrap").env(entries(env));
    Headings headings = new Headings(raw);
    cancellation.listen(
        () ->
            Threads.start(
                () -> machine.end(RUN, Duration.ofSeconds(Math.max(1, job.graceSeconds() - 2)))));
    log.println("+++ bakehouse: " + machine.name() + " runs the job");
    RunResult result =
        machine
            .ssh()
            .run(spec, headings, OutputStream.nullOutputStream(), machine.control(), LONGEST);
    headings.finish().forEach(phases::add);
    return switch (result) {
      case RunResult.Finished(Ended ended) -> status(ended, paths);
      case RunResult.ConnectionLost(String why, var _) ->
          throw lost(machine, "its connection broke: " + why);
      case RunResult.NotStarted(String why) ->
          throw lost(machine, "the job could not be started in it: " + why);
      case RunResult.TimedOut(Duration deadline) ->
          throw lost(machine, "the job ran for " + deadline.toHours() + " hours");
    };
  }

  private String checkoutPath(Machine machine) {
    return machine
        .paths()
        .checkout(job.text("BUILDKITE_ORGANIZATION_SLUG"), job.text("BUILDKITE_PIPELINE_SLUG"));
  }

  private static List<byte[]> entries(Map<String, String> env) {
    return env.entrySet().stream()
        .map(e -> RawEnvironment.bytes(e.getKey() + "=" + e.getValue()))
        .toList();
  }

  private static Infrastructure lost(Machine machine, String why) {
    String console = machine.console();
    String tail = console.isEmpty() ? "" : "\nlast lines of the serial console:\n" + console;
    return failed(
        "the VM " + machine.name() + " was lost: " + machine.trouble().orElse(why) + tail,
        "The job is run again; see the host's log if this repeats.");
  }

  private static Infrastructure failed(String message, String remedy) {
    return Infrastructure.of(Phase.COMMAND, new UserError(message, remedy));
  }

  private int status(Ended ended, GuestPaths paths) {
    return switch (ended) {
      case Ended.Exited(int code) when code == INFRASTRUCTURE -> {
        log.println(
            "bakehouse: the command ended with 125, which agents take for an infrastructure failure; it is reported as 1");
        yield 1;
      }
      case Ended.Exited(int code) -> code;
      case Ended.Signalled(int signal) -> {
        if (cancellation.cancelled()) {
          yield 128 + signal;
        }
        throw failed(
            "the agent's bootstrap in the guest was killed by signal " + signal,
            "Has the guest enough memory?");
      }
      case Ended.Failed(String why) ->
          throw failed(
              "the agent's bootstrap could not be started in the guest: " + why,
              "The image must have " + paths.agent() + ".");
      case Ended.Lost() ->
          throw failed("the guest does not know how the job ended", "The job is run again.");
    };
  }

  /// The port of an address on this host's loopback: the guest gets it on its own.
  static java.util.Optional<Integer> loopbackPort(String address) {
    int port = URI.create(address).getPort();
    return loopback(address) && port > 0 ? java.util.Optional.of(port) : java.util.Optional.empty();
  }

  /// Whether an address is one of this host's loopback.
  static boolean loopback(String address) {
    URI uri = URI.create(address);
    String host = uri.getHost() == null ? "" : uri.getHost();
    return host.equals("localhost") || host.equals("[::1]") || host.startsWith("127.");
  }
}
