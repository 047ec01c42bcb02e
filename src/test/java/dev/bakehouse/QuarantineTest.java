package dev.bakehouse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.JobState;
import dev.bakehouse.coordinator.JobView;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Jobs;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Quarantine;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// VMs of failed jobs of a real agent stay, beside the slots, for as long as they may.
@Tag("vm")
@Tag("agent")
class QuarantineTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

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
    ok("host", "quarantine", "off");
    ok("host", "quarantine", "release", "--all");
    host.settle();
  }

  @Test
  void theVmOfAFailedJobCanBeLookedInto() {
    JobView before = ended(host.start("before", "exit 7"));
    assertThat(kept()).as(host.log(before)).isEmpty();
    ok("host", "quarantine", "on", "--hours", "1");
    JobView passed = ended(host.start("passed", "true"));
    assertThat(kept()).as(host.log(passed)).isEmpty();

    JobView failed = ended(host.start("failed", "echo evi\"\"dence >$HOME/left; exit 7"));
    assertThat(failed.exitStatus()).isEqualTo("7");
    Quarantine.Entry vm = kept().getFirst();
    assertThat(host.log(failed)).contains("the VM " + vm.vm() + " is kept on oven until ");
    assertThat(vm.job()).isEqualTo(failed.id());
    assertThat(vm.why()).isEqualTo("its command ended with status 7");
    assertThat(ok("host", "quarantine", "list")).contains("bakehouse vm ssh " + vm.vm());
    assertThat(ok("vm", "ssh", vm.vm(), "--", "cat", "left")).isEqualTo("evidence");
    assertThat(freeSlots()).isEqualTo(2);

    JobView another = ended(host.start("another", "exit 8"));
    assertThat(kept()).hasSize(1);
    assertThat(host.log(another)).contains("the VM is not kept, 1 in quarantine are all");

    ok("host", "quarantine", "release", vm.vm());
    assertThat(host.qemu.list()).isEmpty();
  }

  @Test
  void theReaperEndsItWhenItsTimeIsOver() throws Exception {
    ok("host", "quarantine", "on");
    JobView failed = ended(host.start("failed", "exit 7"));
    Quarantine.Entry vm = kept().getFirst();
    assertThat(vm.until()).as(host.log(failed)).isGreaterThan(vm.since());
    Path file = host.state().resolve("vms").resolve(vm.vm()).resolve("quarantine.json");
    String over = Files.readString(file).replace(vm.until(), vm.since());
    Directories.writePrivate(file, over.getBytes(StandardCharsets.UTF_8));
    KillFixture.await("the end of the VM", MINUTE, () -> host.qemu.list().isEmpty());
    assertThat(kept()).isEmpty();
  }

  private static JobView ended(String build) {
    return host.awaitEnd(build).jobs().stream()
        .filter(job -> job.state() == JobState.PASSED || job.state() == JobState.FAILED)
        .findFirst()
        .orElseThrow();
  }

  private static List<Quarantine.Entry> kept() {
    return new Quarantine(host.state()).list();
  }

  private static int freeSlots() {
    HostSettings settings = HostSettings.read(host.config());
    try (Lease _ = Jobs.slots(settings).tryAcquire().orElseThrow();
        Lease _ = Jobs.slots(settings).tryAcquire().orElseThrow()) {
      return Jobs.slots(settings).tryAcquire().isEmpty() ? 2 : 3;
    }
  }

  private static String ok(String... words) {
    List<String> argv = new java.util.ArrayList<>(List.of(words));
    int end = argv.contains("--") ? argv.indexOf("--") : argv.size();
    argv.addAll(end, List.of("--config", host.config().toString()));
    Outcome outcome =
        Command.of(Self.argv(argv.toArray(String[]::new))).deadline(Duration.ofMinutes(4)).run();
    assertThat(outcome.status()).as(new String(outcome.err(), StandardCharsets.UTF_8)).isZero();
    return outcome.text();
  }
}
