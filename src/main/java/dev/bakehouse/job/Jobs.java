package dev.bakehouse.job;

import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Hypervisors;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Reaper;
import dev.bakehouse.vm.Shape;
import dev.bakehouse.vm.Slots;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The ways into this room: a job of an agent, and a command by hand.
public final class Jobs {
  private Jobs() {}

  /// What the agent's `bootstrap-script` does: everything from the environment, the log on standard
  /// output.
  ///
  /// @return the status for the agent
  public static int bootstrap() {
    Thread _ = Threads.start(Jobs::awaken);
    String config = System.getenv().getOrDefault("BAKEHOUSE_CONFIG", "");
    HostSettings host = HostSettings.read(Path.of(config.isEmpty() ? "bakehouse.yml" : config));
    Job job = Job.read(environment(), host);
    HostSettings settings = ImageChoice.of(host, job);
    OptionalInt agent =
        ProcessHandle.current()
            .parent()
            .map(p -> OptionalInt.of((int) p.pid()))
            .orElse(OptionalInt.empty());
    return run(settings, job, agent, Optional.empty());
  }

  /// What every job needs soon and takes a third of its start to be made for the first time: the
  /// JSON library with its calendars and numbers, and random bytes.
  private static void awaken() {
    JsonNode _ = JsonMapper.builder().build().readTree("[0.5]");
    int _ = new SecureRandom().nextInt();
  }

  /// Runs a job once more, for a person.
  static int rerun(HostSettings settings, Job job, Visitor visitor) {
    return run(settings, job, OptionalInt.empty(), Optional.of(visitor));
  }

  /// @param parent the process whose end is the job's
  private static int run(
      HostSettings settings, Job job, OptionalInt parent, Optional<Visitor> visitor) {
    // Standard output is the job's log: unbuffered, and no character set in between.
    OutputStream out = new FileOutputStream(FileDescriptor.out);
    try (Cancellation cancellation = Cancellation.install(parent)) {
      int status = Bootstrap.INFRASTRUCTURE;
      try {
        status =
            new Bootstrap(
                    settings,
                    machines(
                        settings,
                        Owner.PIPE,
                        job.texts(),
                        Optional.of(job.text("BUILDKITE_AGENT_ENDPOINT"))),
                    () -> slots(settings),
                    job,
                    cancellation,
                    out,
                    visitor)
                .run();
      } catch (StepError e) {
        status = Bootstrap.refuse(new PrintStream(out, true, StandardCharsets.UTF_8), e);
      } finally {
        cancellation.finished(status);
      }
      return status;
    }
  }

  private static Map<String, String> environment() {
    try {
      return RawEnvironment.ofJob();
    } catch (IOException e) {
      throw new UserError(
          "Could not read the job's environment: " + e.getMessage(),
          "The agent's `bootstrap-script` hands it on; let `bakehouse host run` write that.",
          e);
    }
  }

  /// @param owner whether VMs end with this process
  /// @param env what the step may ask for, see [JobShape]
  /// @param endpoint where the job reports to, if it does
  static Machines machines(
      HostSettings settings, Owner owner, Map<String, String> env, Optional<String> endpoint) {
    Shape shape = JobShape.of(settings, env, endpoint);
    return new Machines(settings, hypervisor(settings, owner), shape);
  }

  /// The host's VM slots.
  public static Slots slots(HostSettings settings) {
    return new Slots(
        settings.state().resolve("slots"),
        settings.slots(),
        new Reaper(settings.state(), List.of(hypervisor(settings))));
  }

  public static Hypervisor hypervisor(HostSettings settings) {
    return hypervisor(settings, Owner.PIPE);
  }

  private static Hypervisor hypervisor(HostSettings settings, Owner owner) {
    return Hypervisors.of(settings.vm(), settings.state(), owner);
  }
}
