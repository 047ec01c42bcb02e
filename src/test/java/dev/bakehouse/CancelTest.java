package dev.bakehouse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.JobState;
import dev.bakehouse.coordinator.JobView;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.vm.VmInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Cancelled jobs, in each state a job can be cancelled in, and a job more than there are slots.
@Tag("vm")
@Tag("agent")
class CancelTest {
  private static final Duration AFTER_END = Duration.ofSeconds(10);

  /// The agent's own look at the job's state, and the grace.
  private static final Duration NOTICE = Duration.ofSeconds(10);

  private static final Duration GRACE = Duration.ofSeconds(10);

  @TempDir static Path dir;
  private static KillFixture host;

  @BeforeAll
  static void begin() throws Exception {
    host = new KillFixture(dir);
  }

  @AfterAll
  static void end() {
    host.close();
  }

  @AfterEach
  void settle() throws Exception {
    host.settle();
  }

  @Test
  void aRunningJobEndsByTermAndItsVmIsGone() {
    JobView job =
        cancelRunning(
            "trap \"echo ter\"\"mination; exit 9\" TERM; echo beg\"\"un; while :; do sleep 1; done");
    assertThat(host.log(job)).contains("termination");
  }

  @Test
  void aJobThatIgnoresTermIsKilled() {
    cancelRunning("trap \"\" TERM; echo beg\"\"un; while :; do sleep 1; done");
  }

  @Test
  void aJobWhoseVmStartsIsCancelledAtOnce() {
    String build = host.start("early", "echo beg\"\"un; sleep 600");
    JobView job = host.awaitState(build, JobState.RUNNING);
    Processes.Identity bootstrap = host.bootstrap(job);
    VmInfo vm =
        Poll.until(
            "the VM's process",
            Duration.ofMinutes(1),
            () -> Optional.of(host.vmOf(bootstrap)).filter(v -> v.pid() != 0));
    // It would be ready in a moment, which may be before the cancelling.
    Command.of("kill", "-STOP", String.valueOf(vm.pid())).check();
    host.coordinator.cancel(build);
    awaitCancelled(build, NOTICE.plus(GRACE));
    assertGone(vm.name(), bootstrap);
    assertThat(host.log(host.job(build)))
        .doesNotContain("runs the job", "begun", "infrastructure failure", "Gave up")
        .contains("bakehouse: cancelled, before the job could end");
  }

  @Test
  void theThirdOfThreeJobsWaitsForASlotAndThenRuns() throws Exception {
    Process first = jobRun("first.log", "echo beg\"\"un; sleep 600");
    try (Sampler sampler = new Sampler()) {
      awaitFile(dir.resolve("first.log"), "begun");
      String second = host.start("second", "echo beg\"\"un; sleep 8");
      host.awaitLog(second, "begun");
      String third = host.start("third", "echo beg\"\"un");
      host.awaitLog(third, "waiting for a VM slot");
      assertThat(host.log(host.job(third))).doesNotContain("begun");
      assertThat(host.awaitEnd(second).passed()).isTrue();
      assertThat(host.awaitEnd(third).passed()).isTrue();
      assertThat(first.isAlive()).isTrue();
      assertThat(sampler.most()).isEqualTo(2);
    } finally {
      first.destroy();
    }
    assertThat(first.waitFor()).isEqualTo(143);
    assertThat(host.qemu.list()).isEmpty();
  }

  @Test
  void aJobThatWaitsForASlotIsCancelledWithoutTouchingItsNeighbours() throws Exception {
    Process first = jobRun("beside.log", "echo beg\"\"un; sleep 600");
    try {
      awaitFile(dir.resolve("beside.log"), "begun");
      String second = host.start("second", "echo beg\"\"un; sleep 600");
      host.awaitLog(second, "begun");
      String third = host.start("third", "echo beg\"\"un");
      JobView waiting = host.awaitLog(third, "waiting for a VM slot");
      Processes.Identity bootstrap = host.bootstrap(waiting);
      host.coordinator.cancel(third);
      awaitCancelled(third, NOTICE.plus(GRACE));
      KillFixture.await("its end", AFTER_END, () -> bootstrap.alive().isEmpty());
      try (var tickets = Files.list(host.state().resolve("slots/queue"))) {
        assertThat(tickets).isEmpty();
      }
      assertThat(host.job(second).state()).isEqualTo(JobState.RUNNING);
      assertThat(first.isAlive()).isTrue();
      assertThat(host.qemu.list()).hasSize(2);
    } finally {
      first.destroy();
    }
    assertThat(first.waitFor()).isEqualTo(143);
  }

  private static JobView cancelRunning(String command) {
    String build = host.start("cancelled", command);
    KillFixture.Running running = host.running(host.awaitLog(build, "begun"));
    host.coordinator.cancel(build);
    awaitCancelled(build, NOTICE.plus(GRACE));
    host.awaitNoTrace(running, AFTER_END);
    JobView job = host.job(build);
    assertThat(job.retried()).isFalse();
    return job;
  }

  private static void awaitCancelled(String build, Duration deadline) {
    JobView job =
        Poll.until(
            "the cancelled job's end",
            deadline,
            () -> Optional.of(host.job(build)).filter(j -> j.state().ended()));
    assertThat(job.state()).as(job.toString()).isEqualTo(JobState.CANCELED);
    assertThat(host.awaitEnd(build).state()).isEqualTo("canceled");
  }

  private static void assertGone(String vm, Processes.Identity bootstrap) {
    KillFixture.await("the bootstrap's end", AFTER_END, () -> bootstrap.alive().isEmpty());
    assertThat(host.state().resolve("vms").resolve(vm)).doesNotExist();
    assertThat(host.state().resolve("connections").resolve(vm)).doesNotExist();
    assertThat(host.qemu.find(vm)).isEmpty();
  }

  private static Process jobRun(String log, String command) {
    List<String> argv = Self.argv("job", "run", "--config", host.config().toString());
    return Command.of(argv).and("--", "sh", "-c", command).startInto(dir.resolve(log));
  }

  private static void awaitFile(Path file, String text) {
    KillFixture.await(
        text + " in " + file, KillFixture.PATIENCE, () -> KillFixture.read(file).contains(text));
  }

  /// Counts the QEMU processes of the host's VMs, all the time.
  private static final class Sampler implements AutoCloseable {
    private final Thread thread = Thread.ofPlatform().unstarted(this::sample);
    private volatile boolean over;
    private volatile int most;

    Sampler() {
      thread.start();
    }

    private void sample() {
      Poll.until(
          "the end of sampling",
          KillFixture.PATIENCE.multipliedBy(3),
          () -> {
            most = Math.max(most, count());
            return over ? Optional.of(most) : Optional.empty();
          });
    }

    private static int count() throws IOException {
      try (var vms = Files.list(host.state().resolve("vms"))) {
        return (int)
            vms.map(vm -> Processes.Identity.read(vm.resolve("qemu.id")))
                .filter(id -> id.flatMap(Processes.Identity::alive).isPresent())
                .count();
      }
    }

    int most() {
      return most;
    }

    @Override
    public void close() {
      over = true;
      Threads.join(List.of(thread));
    }
  }
}
