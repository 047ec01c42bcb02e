package dev.bakehouse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.JobState;
import dev.bakehouse.coordinator.JobView;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Jobs;
import dev.bakehouse.platform.Processes.Identity;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Slots;
import dev.bakehouse.vm.Trees;
import dev.bakehouse.volume.Volume;
import dev.bakehouse.volume.Volumes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// KILL of each process that holds a job, beside a neighbour's job on the same host.
@Tag("vm")
@Tag("agent")
class KillTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  /// Runs for ever, but not the second time.
  private static final String VICTIM =
      "echo vic\"\"tim; test \"$BUILDKITE_RETRY_COUNT\" -gt 0 || sleep 600";

  @TempDir static Path dir;
  private static KillFixture host;
  private ImageMark before;

  @BeforeAll
  static void begin() throws Exception {
    host = new KillFixture(dir);
  }

  @AfterAll
  static void end() {
    host.close();
  }

  @BeforeEach
  void mark() throws Exception {
    before = ImageMark.of(KillFixture.image());
  }

  @AfterEach
  void settle() throws Exception {
    host.settle();
  }

  @Test
  void ofTheBootstrapTakesItsVmAlongAndNoOther() throws Exception {
    killBesideNeighbour(KillFixture.Running::bootstrap);
  }

  @Test
  void ofTheAgentEndsItsJobAndNoOther() throws Exception {
    killBesideNeighbour(KillFixture.Running::agent);
  }

  @Test
  void ofQemuIsAnInfrastructureFailure() throws Exception {
    JobView killed = killBesideNeighbour(KillFixture.Running::qemu);
    assertThat(killed.exitStatus()).isIn("-1", "125");
    assertThat(host.log(killed)).contains("infrastructure failure", "phase command", "was lost");
  }

  @Test
  void ofTheHostDaemonLeavesJobsToTheirEndAndTheNextDaemonWaitsForTheirAgents() throws Exception {
    String one = host.start("one", "echo vic\"\"tim; for i in $(seq 20); do sleep 1; done");
    String two = host.start("two", VICTIM);
    KillFixture.Running first = host.running(host.awaitLog(one, "victim"));
    KillFixture.Running second = host.running(host.awaitLog(two, "victim"));
    host.daemon().destroyForcibly().waitFor();
    String waiting = "waiting for the agent of an ended daemon, pid ";
    host.startDaemon(waiting + first.agent().pid(), waiting + second.agent().pid());
    assertThat(first.agent().alive()).isPresent();
    assertThat(second.agent().alive()).isPresent();
    BuildView ended = host.awaitEnd(one);
    assertThat(ended.passed()).as(ended.toString()).isTrue();
    assertThat(ended.jobs()).as("it ran once").hasSize(1);
    host.awaitNoTrace(first, MINUTE);
    assertThat(second.agent().alive()).isPresent();
    // Its agent has gone, and another has its slot.
    String three = host.start("three", "true");
    assertThat(host.awaitEnd(three).passed()).isTrue();
    assertThat(host.agent(host.job(three))).isNotEqualTo(first.agent());
    assertThat(first.agent().alive()).isEmpty();
    host.coordinator.cancel(two);
    host.awaitNoTrace(second, MINUTE);
    KillFixture.await("its agent's end", MINUTE, () -> second.agent().alive().isEmpty());
    assertNothingHeld();
    assertThat(ImageMark.of(KillFixture.image())).isEqualTo(before);
  }

  @Test
  void ofTheBootstrapLeavesTheVolumeAsItWas() throws Exception {
    String entry = "\"$CACHE_PATH/bun/entry\"";
    String kept = cached("mkdir \"$CACHE_PATH/bun\"; echo one >" + entry);
    assertThat(host.awaitEnd(kept).passed()).isTrue();
    Volumes volumes = new Volumes(host.state());
    Volume before = volumes.list().getFirst();
    String victim = cached("set -e; grep one " + entry + "; echo two >" + entry + "; " + VICTIM);
    KillFixture.Running running = host.running(host.awaitLog(victim, "victim"));
    running.bootstrap().alive().orElseThrow().destroyForcibly();
    host.awaitNoTrace(running, MINUTE);
    Volume after = volumes.list().getFirst();
    assertThat(after.generation()).isEqualTo(before.generation()).isEqualTo(1);
    // The retry finds `one`.
    BuildView ended = host.awaitEnd(victim);
    assertThat(ended.passed()).as(ended.toString()).isTrue();
    assertThat(ended.jobs()).as("the first attempt was lost").hasSizeGreaterThan(1);
    KillFixture.await(
        "an end of what waits to be saved and of what was left",
        MINUTE,
        () ->
            left(host.state().resolve("volumes"))
                .equals(Set.of(".lock", ".publish", before.name())));
    assertThat(volumes.list().getFirst().generation()).isEqualTo(2);
  }

  /// Names below a host's volumes, and of what waits.
  private static Set<String> left(Path volumes) {
    try {
      Set<String> names = new TreeSet<>(Trees.names(volumes));
      Trees.names(volumes.resolve(".publish")).stream()
          .filter(name -> !name.startsWith(".l") && !name.startsWith(".p"))
          .forEach(names::add);
      return names;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String cached(String command) {
    return host.start(
        "steps: [{key: volume-build-cpp, env: {CACHE_KINDS: bun}, command: '%s'}]"
            .formatted(command.replace("'", "''")));
  }

  private JobView killBesideNeighbour(Function<KillFixture.Running, Identity> target)
      throws Exception {
    String neighbour =
        host.start("beside", "echo neigh\"\"bour; for i in $(seq 45); do sleep 1; done");
    String victim = host.start("killed", VICTIM);
    JobView job = host.awaitLog(victim, "victim");
    host.awaitLog(neighbour, "neighbour");
    KillFixture.Running running = host.running(job);
    KillFixture.Running beside = host.running(host.job(neighbour));
    assertThat(beside.vm()).isNotEqualTo(running.vm());
    target.apply(running).alive().orElseThrow().destroyForcibly();
    host.awaitNoTrace(running, MINUTE);
    BuildView passed = host.awaitEnd(neighbour);
    assertThat(passed.passed()).as(passed.toString()).isTrue();
    assertThat(passed.jobs()).as("the neighbour ran once").hasSize(1);
    host.awaitNoTrace(beside, MINUTE);
    BuildView ended = host.awaitEnd(victim);
    JobView killed = ended.jobs().getFirst();
    assertThat(killed.id()).isEqualTo(job.id());
    assertThat(killed.state()).as(killed.toString()).isEqualTo(JobState.FAILED);
    if (killed.retried()) {
      assertThat(ended.passed()).as(ended.toString()).isTrue();
    }
    KillFixture.await("the end of all VMs", MINUTE, () -> host.qemu.list().isEmpty());
    assertNothingHeld();
    assertThat(ImageMark.of(KillFixture.image())).isEqualTo(before);
    return killed;
  }

  /// Every slot can be had at once.
  private static void assertNothingHeld() {
    HostSettings settings = HostSettings.read(host.config());
    Slots slots = Jobs.slots(settings);
    KillFixture.await(
        "free slots",
        Duration.ofSeconds(10),
        () -> {
          try (Lease _ = slots.tryAcquire().orElseThrow();
              Lease _ = slots.tryAcquire().orElseThrow()) {
            return slots.tryAcquire().isEmpty();
          }
        });
  }
}
