package dev.bakehouse.job;

import dev.bakehouse.guest.Ended;
import dev.bakehouse.guest.RunResult;
import dev.bakehouse.guest.RunSpec;
import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import java.io.OutputStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/// Runs the agent's own bootstrap in the guest.
final class GuestBootstrap {
  static final String RUN = "job";
  private static final String EMPTY_INPUT = "/bin/sh -c 'exec \"$@\" </dev/null' sh ";

  private final Job job;
  private final Cancellation cancellation;
  private final OutputStream raw;
  private final Phases phases;
  private final Optional<Visitor> visitor;
  private final Evidence evidence;

  /// @param raw gets the job's output
  GuestBootstrap(
      Job job,
      Cancellation cancellation,
      OutputStream raw,
      Phases phases,
      Optional<Visitor> visitor,
      Evidence evidence) {
    this.job = job;
    this.cancellation = cancellation;
    this.raw = raw;
    this.phases = phases;
    this.visitor = visitor;
    this.evidence = evidence;
  }

  /// @param extra variables beside the job's own
  /// @return the job's status
  /// @throws Infrastructure when the VM was lost
  int command(Machine machine, Checkout checkout, Map<String, String> extra) {
    GuestPaths paths = machine.paths();
    SequencedMap<String, String> env = new LinkedHashMap<>(job.crossing());
    paths.rewrite(env);
    env.put("BUILDKITE_BUILD_CHECKOUT_PATH", RawEnvironment.raw(checkoutPath(machine)));
    // The inner bootstrap must end before this process is killed.
    env.put(
        "BUILDKITE_SIGNAL_GRACE_PERIOD_SECONDS",
        String.valueOf(Math.max(1, job.graceSeconds() - 3 - evidence.pause().toSeconds())));
    // The agent gives commands a terminal, which a command that reads would wait at for ever; with
    // the input alone taken away, the output stays a terminal. The agent splits this like a shell.
    env.compute(
        "BUILDKITE_SHELL",
        (_, shell) -> EMPTY_INPUT + (shell == null || shell.isBlank() ? "/bin/bash -e -c" : shell));
    checkout.configure(env);
    env.putAll(extra);
    String[] argv = evidence.command(machine, paths.agent(), "bootstrap");
    RunSpec spec = RunSpec.of(RUN, paths.system().home(), argv).env(entries(env));
    Headings headings = new Headings(raw);
    cancellation.listen(() -> Threads.start(() -> end(machine)));
    phases.say("+++ bakehouse: " + machine.name() + " runs the job");
    RunResult result = machine.command(spec, headings, OutputStream.nullOutputStream());
    headings.finish().forEach(phases::add);
    int status =
        switch (result) {
          case RunResult.Finished(Ended ended) -> status(ended, paths);
          case RunResult.ConnectionLost(String why, var _) ->
              throw lost(machine, "its connection broke: " + why);
          case RunResult.NotStarted(String why) ->
              throw lost(machine, "the job could not be started in it: " + why);
          case RunResult.TimedOut(Duration deadline) ->
              throw lost(machine, "the job ran for " + deadline.toHours() + " hours");
        };
    if (!cancellation.cancelled()) {
      visitor.ifPresent(v -> v.visit(machine, env, status));
    }
    return status;
  }

  private void end(Machine machine) {
    evidence.stacks(machine, RUN);
    long left = job.graceSeconds() - 2 - cancellation.since().orElse(Duration.ZERO).toSeconds();
    machine.end(RUN, Duration.ofSeconds(Math.max(1, left)));
  }

  /// The one place of the checkout, whatever the host.
  String checkoutPath(Machine machine) {
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
      case Ended.Exited(int code) when code == Bootstrap.INFRASTRUCTURE -> {
        phases.say(
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
}
