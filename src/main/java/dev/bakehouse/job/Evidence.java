package dev.bakehouse.job;

import dev.bakehouse.config.OperationsSettings;
import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Vm;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// What is kept of a job that failed, for people to look into: on this host, and as artifacts.
///
/// Nothing here changes how the job ends or holds it up for long; what can not be had is one line
/// in its log.
final class Evidence {
  private static final Duration ASK = Duration.ofSeconds(5);
  private static final Duration CORES = Duration.ofSeconds(30);
  private static final Duration STACKS = Duration.ofSeconds(10);
  private static final Duration UPLOAD = Duration.ofSeconds(60);

  /// Of a cancelled job's grace: for the end of the VM and what comes after it.
  private static final Duration DESTROY = Duration.ofSeconds(3);

  private static final Duration LAST = Duration.ofMillis(1500);

  private final HostSettings settings;
  private final OperationsSettings.Evidence rules;
  private final EvidenceShelf shelf;
  private final Job job;
  private final Cancellation cancellation;
  private final Phases phases;
  private final GuestEvidence guest;
  private final boolean wanted;
  private final long begin = System.nanoTime();

  /// @param wanted for a job of an agent
  Evidence(
      HostSettings settings, Job job, Cancellation cancellation, Phases phases, boolean wanted) {
    this.settings = settings;
    this.rules = settings.operations().evidence();
    this.shelf = new EvidenceShelf(settings);
    this.job = job;
    this.cancellation = cancellation;
    this.phases = phases;
    this.guest =
        new GuestEvidence(
            shelf,
            job.id(),
            EvidenceFile.secrets(job.host(), job.text("BUILDKITE_REDACTED_VARS")),
            phases);
    this.wanted = wanted && rules.keep().isPresent();
  }

  /// The agent's bootstrap as it is to be started in the guest, its processes' core dumps allowed
  /// where they are wanted.
  String[] command(Machine machine, String... argv) {
    if (!wanted || !rules.cores()) {
      return argv;
    }
    guest.allowCores(machine, ASK);
    return EvidenceProbe.Cores.of(List.of(argv)).toArray(String[]::new);
  }

  /// How long a cancelled job's processes wait for their TERM: so much of its grace is for
  /// [#stacks].
  Duration pause() {
    Duration most = Duration.ofSeconds(job.graceSeconds() / 4);
    return !wanted ? Duration.ZERO : most.compareTo(STACKS) < 0 ? most : STACKS;
  }

  /// Keeps where the processes of a run are. Whatever goes wrong, it returns.
  void stacks(Machine machine, String run) {
    Duration time = pause();
    try {
      guest.keep(machine, List.of(EvidenceProbe.stacks(system(machine), run, time)), time);
    } catch (RuntimeException e) {
      guest.missing("no stacks.txt", e);
    }
  }

  /// Keeps the end of the serial console of a VM that did not start.
  void console(Vm vm) {
    console(vm, "console-" + vm.name() + ".log");
  }

  /// Keeps what the VM of a job that failed has to tell.
  ///
  /// @param run what of the job may still run in it; empty for nothing
  void collect(Machine machine, String run) {
    if (!wanted) {
      return;
    }
    timed(
        () -> {
          console(machine.vm(), "console.log");
          if (machine.running()) {
            GuestSystem system = system(machine);
            List<EvidenceProbe> probes = new ArrayList<>(EvidenceProbe.ofFailure(system, age()));
            if (!run.isEmpty() && cancellation.since().isEmpty()) {
              probes.add(EvidenceProbe.stacks(system, run, ASK));
            }
            guest.keep(machine, probes, left(ASK, DESTROY.plus(LAST)));
            if (rules.cores()) {
              guest.cores(machine, age(), left(CORES, DESTROY.plus(LAST)), rules.most());
            }
          }
          shelf.prune();
        });
  }

  /// Tells what is kept, and makes it artifacts of the job.
  void upload() {
    Path place = shelf.of(job.id());
    if (wanted && Files.isDirectory(place)) {
      timed(() -> upload(place));
    }
  }

  private void upload(Path place) {
    List<String> names =
        EvidenceShelf.list(place).stream().map(file -> file.getFileName().toString()).toList();
    if (names.isEmpty()) {
      return;
    }
    phases.say(
        "--- bakehouse: evidence · %s in %s on %s for %d days"
            .formatted(
                String.join(", ", names),
                place,
                settings.name(),
                rules.keep().orElseThrow().toDays()));
    Duration time = left(UPLOAD, LAST);
    if (!rules.upload() || !time.isPositive()) {
      return;
    }
    Path state = settings.state();
    String paths =
        names.stream()
            .map(name -> state.relativize(place.resolve(name)).toString())
            .collect(Collectors.joining(";"));
    JobReport.agent(job, "artifact", "upload", paths).in(state).deadline(time).check();
    phases.say("uploaded as artifacts of this job: " + state.relativize(place) + "/*");
  }

  private interface Work {
    void run() throws IOException;
  }

  private void timed(Work work) {
    try {
      phases.part(
          Phase.EVIDENCE,
          () -> {
            work.run();
            return true;
          });
    } catch (Exception e) {
      guest.missing("not all evidence is kept", e);
    }
  }

  private Duration age() {
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  /// The time for something: of a cancelled job, what its grace leaves.
  private Duration left(Duration most, Duration reserved) {
    return cancellation
        .since()
        .map(since -> Duration.ofSeconds(job.graceSeconds()).minus(since).minus(reserved))
        .filter(left -> left.compareTo(most) < 0)
        .orElse(most);
  }

  private static GuestSystem system(Machine machine) {
    return machine.paths().system();
  }

  /// From the first whole line on: half a secret is not found.
  private void console(Vm vm, String name) {
    if (!wanted) {
      return;
    }
    try (RandomAccessFile in = new RandomAccessFile(vm.console().toFile(), "r");
        EvidenceFile out = guest.file(name, EvidenceProbe.TEXT, true)) {
      long from = in.length() - EvidenceProbe.TEXT;
      if (from > 0) {
        in.seek(from);
        in.readLine();
      }
      // Not to its end, which a guest can move on for ever.
      out.write(Channels.newInputStream(in.getChannel()).readNBytes((int) EvidenceProbe.TEXT));
    } catch (IOException | UserError e) {
      guest.missing("no " + name, e);
    }
  }
}
