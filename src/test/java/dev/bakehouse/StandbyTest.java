package dev.bakehouse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.JobView;
import dev.bakehouse.host.Orders;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes.Identity;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.VmHome;
import dev.bakehouse.vm.VmRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// VMs that a real daemon has waiting, and jobs of real agents that take them over. Memory is for
/// one such VM.
@Tag("vm")
@Tag("agent")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StandbyTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  /// What twins of one template would share, and how far behind its clock is.
  private static final String SELF =
      "echo boot:$(cat /etc/machine-id):$(cat /proc/sys/kernel/random/uuid):; echo date:$(date +%s):; hostname";

  @TempDir static Path dir;
  private static KillFixture host;

  @BeforeAll
  static void begin() throws Exception {
    host = new KillFixture(dir, "", ", standby: {memory-mb: 1024}");
  }

  @AfterAll
  static void end() {
    host.close();
    assertThat(host.qemu.list()).isEmpty();
  }

  /// The VM that waits, once there is one.
  private static VmRecord waiting() {
    VmHome home = new VmHome(host.state());
    return Poll.until(
        "a VM that waits",
        KillFixture.PATIENCE,
        () -> home.all().stream().filter(VmRecord::waits).findFirst());
  }

  private static Identity qemu(VmRecord vm) {
    return Identity.read(host.state().resolve("vms").resolve(vm.name()).resolve("qemu.id"))
        .orElseThrow();
  }

  @Test
  @Order(0)
  void aJobThatEndsBeforeItNeedsItsVmLeavesItToTheNext() {
    VmRecord vm = waiting();
    Identity waits = qemu(vm);
    BuildView build =
        host.awaitEnd(host.startAt("1234567890".repeat(4), "steps: [{command: 'true'}]"));
    String log = host.log(build.jobs().getFirst());
    assertThat(build.passed()).isFalse();
    assertThat(log).contains("1234567890").doesNotContain("bakehouse: clone");
    assertThat(waits.alive()).as(log).isPresent();
    assertThat(waiting().name()).isEqualTo(vm.name());
    BuildView next = host.awaitEnd(host.start("next", "true"));
    assertThat(host.log(next.jobs().getFirst())).contains(vm.name() + ", from standby");
  }

  @Test
  @Order(1)
  void jobsRunInTheVmThatWaitedWithTheirVolumesAndNoTwoAreAlike() {
    Set<String> selves = new HashSet<>();
    for (int n = 1; n <= 2; n++) {
      VmRecord vm = waiting();
      String entry = "\"$CACHE_PATH/bun/entry\"";
      String command =
          SELF
              + "; mkdir -p \"$CACHE_PATH/bun\"; echo line >>"
              + entry
              + "; echo lines:$(wc -l <"
              + entry
              + "):";
      BuildView build =
          host.awaitEnd(
              host.start(
                  "steps: [{key: volume-build-cpp, env: {CACHE_KINDS: bun}, command: '%s'}]"
                      .formatted(command.replace("'", "''"))));
      JobView job = build.jobs().getFirst();
      String log = host.log(job);
      assertThat(build.passed()).as(log).isTrue();
      assertThat(log).contains(vm.name() + ", from standby", "(VM by standby)");
      assertThat(log).as("its volume").contains("lines:" + n + ":", "kept on this host");
      assertThat(log).containsPattern("(?m)^" + vm.name() + "\r?$");
      selves.addAll(List.of(between(log, "boot:").split(":")));
      long clock = Long.parseLong(between(log, "date:"));
      assertThat(System.currentTimeMillis() / 1000 - clock).isBetween(-2L, 60L);
      KillFixture.await("its end", MINUTE, () -> qemu(vm, host).isEmpty());
    }
    assertThat(selves).as("machine ids and random numbers").hasSize(4);
  }

  private static Optional<Identity> qemu(VmRecord vm, KillFixture host) {
    return Identity.read(host.state().resolve("vms").resolve(vm.name()).resolve("qemu.id"));
  }

  private static String between(String log, String mark) {
    String rest = log.substring(log.lastIndexOf(mark) + mark.length());
    return rest.substring(0, rest.indexOf(mark.equals("boot:") ? ":\r" : ":"));
  }

  @Test
  @Order(2)
  void killOfTheHeirEndsTheVm() throws Exception {
    VmRecord vm = waiting();
    String build =
        host.start("killed", "echo vic\"\"tim; test \"$BUILDKITE_RETRY_COUNT\" -gt 0 || sleep 600");
    KillFixture.Running running = host.running(host.awaitLog(build, "victim"));
    assertThat(running.vm()).isEqualTo(vm.name());
    running.bootstrap().alive().orElseThrow().destroyForcibly();
    host.awaitNoTrace(running, MINUTE);
    assertThat(host.awaitEnd(build).passed()).isTrue();
  }

  @Test
  @Order(3)
  void aJobOfAnotherSizeIsNotHeldUp() {
    VmRecord vm = waiting();
    Identity waits = qemu(vm);
    String steps =
        "steps: [{command: 'sleep 5', parallelism: 2, env: {BAKEHOUSE_VM_MEMORY_MB: \"768\"}}]";
    BuildView build = host.awaitEnd(host.start(steps));
    assertThat(build.passed()).isTrue();
    assertThat(build.jobs()).extracting(host::log).allMatch(log -> log.contains("(VM by boot)"));
    assertThat(waits.alive()).as("the VM in the slot of one of them").isEmpty();
  }

  @Test
  @Order(4)
  void killOfTheDaemonEndsWhatWaits() throws Exception {
    Identity waits = qemu(waiting());
    host.daemon().destroyForcibly().waitFor();
    KillFixture.await("its end", MINUTE, () -> waits.alive().isEmpty());
    host.startDaemon();
    assertThat(qemu(waiting())).isNotEqualTo(waits);
  }

  @Test
  @Order(5)
  void whereNoneIsMadeAJobThatWantsNothingElseStartsItsOwn() throws Exception {
    Identity waits = qemu(waiting());
    new Orders(host.state()).drain("cleaning");
    KillFixture.await("its end", MINUTE, () -> waits.alive().isEmpty());
    Path config =
        Files.writeString(
            dir.resolve("standby.yml"),
            Files.readString(host.config()).replace("cpus: 1", "start: standby, cpus: 1"));
    Outcome outcome =
        Command.of(Self.argv("job", "run", "--config", config.toString(), "--", "true"))
            .deadline(KillFixture.PATIENCE)
            .run();
    String log = outcome.text() + outcome.complaint();
    assertThat(outcome.status()).as(log).isZero();
    assertThat(log).contains("no VM is put on standby (drained: cleaning)", "(VM by resume)");
  }
}
