package dev.bakehouse.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Jvm;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Processes.Identity;
import dev.bakehouse.vm.qemu.QemuHypervisor;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Slots with a VM in them that waits for an heir: a guarded program of another process, where a VM
/// has its hypervisor.
class StandbySlotsTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final String VM = "waits-1";
  private static final String KEY = "image";

  @TempDir Path dir;
  private Process daemon;
  private Identity program;
  private Hypervisor qemu;
  private Slots slots;

  @BeforeEach
  void standby() throws Exception {
    daemon = Jvm.of(DaemonMain.class, dir.toString()).start();
    assertThat(daemon.inputReader().readLine()).isEqualTo("ready");
    program = Identity.read(dir.resolve("vms").resolve(VM).resolve("qemu.id")).orElseThrow();
    qemu = new QemuHypervisor(dir);
    slots = slots(2);
  }

  @AfterEach
  void end() {
    daemon.destroyForcibly();
    gone();
  }

  private Slots slots(int count) {
    return new Slots(dir.resolve("slots"), count, new Reaper(dir, List.of(qemu)));
  }

  @Test
  void whatIsWishedForIsInTheLeaseAndLivesAsLongAsWhoTookIt() throws Exception {
    try (Lease lease = slots.acquire(new Wish(KEY), SOON, _ -> {})) {
      assertThat(lease.standby()).contains(VM);
      assertThat(lease.standby()).as("once").isEmpty();
      VmHome home = new VmHome(dir);
      VmRecord waiting = home.read(VM).orElseThrow();
      Vm mine = qemu.takeOver(VM).orElseThrow();
      assertThat(home.read(VM).orElseThrow().owner()).isEqualTo(Processes.self());
      assertThat(mine.owned()).isTrue();
      assertThat(qemu.takeOver(VM)).as("by a second heir").isEmpty();
      // What the process before still holds ends nothing.
      Vm old = qemu.vm(waiting);
      assertThat(old.owned()).isFalse();
      old.destroy();
      daemon.destroyForcibly().waitFor();
      assertThat(new Reaper(dir, List.of(qemu)).sweep()).isEmpty();
      assertThat(mine.running()).isTrue();
      mine.destroy();
      gone();
    }
    assertThat(dir.resolve("vms").resolve(VM)).doesNotExist();
  }

  @Test
  void theDaemonsKillEndsItAndFreesTheSlot() throws Exception {
    daemon.destroyForcibly().waitFor();
    gone();
    try (Lease one = slots.acquire(new Wish(KEY), SOON, _ -> {});
        Lease _ = slots.acquire(SOON, _ -> {})) {
      assertThat(one.standby()).isEmpty();
      assertThat(dir.resolve("vms").resolve(VM)).doesNotExist();
    }
  }

  @Test
  void whoWishesForAnotherTakesAFreeSlotAndElseEndsIt() {
    try (Lease free = slots.acquire(new Wish("another"), SOON, _ -> {})) {
      assertThat(free.standby()).isEmpty();
      assertThat(program.alive()).isPresent();
      assertThat(slots.tryAcquire()).as("without ending anything").isEmpty();
      try (Lease second = slots.acquire(SOON, _ -> {})) {
        assertThat(second.standby()).isEmpty();
        assertThat(second.slot()).isNotEqualTo(free.slot());
        assertThat(program.alive()).isEmpty();
      }
    }
  }

  @Test
  void whoWantsNothingElseWaitsForIt() {
    Wish another = new Wish("another");
    assertThatThrownBy(() -> slots.standby(another, SHORT, () -> false, _ -> {}))
        .isInstanceOf(Poll.TimedOut.class);
    assertThat(slots.standby(another, SOON, () -> true, _ -> {})).isEmpty();
    assertThat(program.alive()).isPresent();
    Lease lease = slots.standby(new Wish(KEY), SOON, () -> true, _ -> {}).orElseThrow();
    assertThat(lease.standby()).contains(VM);
  }

  @Test
  void oneThatIsKeptForInspectionHasNoSlotAlsoAfterAKill() {
    try (Lease lease = slots.acquire(new Wish(KEY), SOON, _ -> {})) {
      assertThat(lease.standby()).contains(VM);
      Vm mine = qemu.takeOver(VM).orElseThrow();
      assertThat(new Quarantine(dir).keep(mine, "a job", "it failed", 1, Duration.ofHours(1)))
          .isPresent();
      // As a KILL leaves it: bound, and the VM runs.
      lease.leave();
      try (Lease one = slots.tryAcquire().orElseThrow();
          Lease two = slots.tryAcquire().orElseThrow()) {
        assertThat(one.slot()).isNotEqualTo(two.slot());
        assertThat(mine.running()).isTrue();
      }
      mine.destroy();
    }
  }

  private void gone() {
    Poll.until("the end", SOON, () -> Optional.of(1).filter(_ -> program.alive().isEmpty()));
  }

  /// Has a VM waiting until it is killed.
  static final class DaemonMain {
    public static void main(String[] args) throws Exception {
      Path dir = Path.of(args[0]);
      VmHome home = new VmHome(dir);
      BaseImage image = new BaseImage("none", dir, "");
      VmRecord record =
          new VmRecord(
              VM,
              "qemu",
              image,
              new Shape(1, 64, 0),
              null,
              Processes.self(),
              false,
              Instant.now(),
              null);
      home.publish(home.draft(), record);
      Path vm = home.directory(VM);
      Guardian.of(Command.of("sleep", "1000"), vm, vm.resolve("log"), vm.resolve("qemu.id"))
          .heir(VmHome.heir(vm))
          .start();
      Slots slots = new Slots(dir.resolve("slots"), 2, new Reaper(dir, List.of()));
      Lease lease = slots.acquire(SOON, _ -> {});
      lease.bind(VM);
      home.standBy(record, KEY);
      lease.leave();
      System.out.println("ready");
      InputStream end = System.in;
      assertThat(end.read()).isEqualTo(-1);
    }
  }
}
