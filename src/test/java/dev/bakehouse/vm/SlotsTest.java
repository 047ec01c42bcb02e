package dev.bakehouse.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Jvm;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.qemu.QemuHypervisor;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SlotsTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path dir;
  private Slots slots;

  @BeforeEach
  void make() {
    slots = slots(dir, 2);
  }

  @Test
  void onlySoManyAtOnceAndAFreedOneIsTakenAgain() {
    Lease one = slots.tryAcquire().orElseThrow();
    Lease two = slots(dir, 2).tryAcquire().orElseThrow();
    assertThat(List.of(one.slot(), two.slot())).containsExactly(1, 2);
    assertThat(slots.tryAcquire()).isEmpty();
    one.close();
    one.close();
    assertThat(slots.tryAcquire().orElseThrow().slot()).isEqualTo(1);
    assertThat(slots.tryAcquire()).isEmpty();
  }

  @Test
  void theDeadlineIsTold() {
    try (Lease _ = slots.acquire(SOON, _ -> {});
        Lease _ = slots.acquire(SOON, _ -> {})) {
      List<String> progress = new ArrayList<>();
      assertThatThrownBy(() -> slots.acquire(Duration.ofMillis(200), progress::add))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("one of 2 VM slots");
      assertThat(progress).containsExactly("waiting for a VM slot, 0 ahead");
      assertThat(dir.resolve("slots/queue")).isEmptyDirectory();
    }
  }

  @Test
  void threadsShareFairly() throws Exception {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch done = new CountDownLatch(12);
    Set<Integer> seen = ConcurrentHashMap.newKeySet();
    for (int i = 0; i < 12; i++) {
      Thread.startVirtualThread(
          () -> {
            try (Lease lease = slots.acquire(SOON, _ -> {})) {
              seen.add(lease.slot());
              most.accumulateAndGet(running.incrementAndGet(), Math::max);
              Thread.yield();
              running.decrementAndGet();
            }
            done.countDown();
          });
    }
    done.await();
    assertThat(most.get()).isLessThanOrEqualTo(2);
    assertThat(seen).isSubsetOf(1, 2);
  }

  @Test
  void whoWaitsLongestIsNext() throws Exception {
    Slots single = slots(dir.resolve("single"), 1);
    ConcurrentLinkedQueue<Integer> order = new ConcurrentLinkedQueue<>();
    CountDownLatch done = new CountDownLatch(4);
    try (Lease _ = single.acquire(SOON, _ -> {})) {
      for (int i = 0; i < 4; i++) {
        int number = i;
        CountDownLatch queued = new CountDownLatch(1);
        Thread.startVirtualThread(
            () -> {
              try (Lease _ = single.acquire(SOON, _ -> queued.countDown())) {
                order.add(number);
              }
              done.countDown();
            });
        queued.await();
      }
    }
    done.await();
    assertThat(order).containsExactly(0, 1, 2, 3);
  }

  @Test
  void acrossProcessesAndAKilledHolderFreesItsSlot() throws Exception {
    List<Holder> holders = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      holders.add(Holder.start(dir));
    }
    Set<Integer> taken = new HashSet<>();
    for (Holder holder : holders) {
      taken.add(holder.slot());
    }
    assertThat(taken).containsExactlyInAnyOrder(1, 2);
    assertThat(slots.tryAcquire()).isEmpty();
    Holder third = Holder.start(dir);
    Poll.until(
        "the third in the queue",
        SOON,
        () -> Optional.of(Trees.names(dir.resolve("slots/queue"))).filter(q -> !q.isEmpty()));
    int freed = holders.getFirst().slot;
    holders.getFirst().process.destroyForcibly().waitFor();
    assertThat(third.slot()).isEqualTo(freed);
    third.process.destroyForcibly().waitFor();
    holders.getLast().process.destroyForcibly().waitFor();
    try (Lease one = slots.acquire(SOON, _ -> {});
        Lease two = slots.acquire(SOON, _ -> {})) {
      assertThat(Set.of(one.slot(), two.slot())).containsExactlyInAnyOrder(1, 2);
    }
  }

  @Test
  void aKilledWaiterDoesNotBlockTheQueue() throws Exception {
    Slots single = slots(dir.resolve("single"), 1);
    Lease held = single.acquire(SOON, _ -> {});
    Holder waiter = Holder.start(dir.resolve("single"));
    Path queue = dir.resolve("single/slots/queue");
    Poll.until("the waiter", SOON, () -> Optional.of(Trees.names(queue)).filter(q -> !q.isEmpty()));
    waiter.process.destroyForcibly().waitFor();
    held.close();
    single.acquire(SOON, _ -> {}).close();
    assertThat(queue).isEmptyDirectory();
  }

  @Test
  void aLeaseRemembersItsVm() {
    try (Lease lease = slots.acquire(SOON, _ -> {})) {
      lease.bind("job-1");
      assertThat(SlotFiles.slots(dir.resolve("slots"))).containsEntry("job-1", 1);
    }
    assertThat(SlotFiles.slots(dir.resolve("slots"))).isEmpty();
  }

  @Test
  void aDeadOwnersVmGoesWhateverSlotItHad() throws Exception {
    Process owner = Jvm.of(OwnerMain.class, dir.toString()).start();
    assertThat(owner.waitFor()).isZero();
    assertThat(dir.resolve("vms/left")).exists();
    Hypervisor qemu = new QemuHypervisor(dir);
    Slots swept = new Slots(dir.resolve("slots"), 2, new Reaper(dir, List.of(qemu)));
    try (Lease _ = swept.acquire(SOON, _ -> {})) {
      assertThat(dir.resolve("vms/left")).doesNotExist();
    }
  }

  /// A process that made a VM and is gone.
  static final class OwnerMain {
    public static void main(String[] args) throws Exception {
      VmHome home = new VmHome(Path.of(args[0]));
      BaseImage image = new BaseImage("none", Path.of(args[0]), "");
      VmRecord record =
          new VmRecord(
              "left",
              "qemu",
              image,
              new Shape(1, 64, 0),
              null,
              Processes.self(),
              false,
              Instant.now(),
              null);
      home.publish(home.draft(), record);
    }
  }

  private static Slots slots(Path state, int count) {
    return new Slots(state.resolve("slots"), count, new Reaper(state, List.of()));
  }

  /// A JVM that holds a slot until it is killed.
  private static final class Holder {
    private final Process process;
    private final BufferedReader said;
    private int slot;

    private Holder(Process process) {
      this.process = process;
      this.said = process.inputReader();
    }

    static Holder start(Path state) {
      return new Holder(Jvm.of(HolderMain.class, state.toString()).start());
    }

    int slot() throws IOException {
      if (slot == 0) {
        slot = Integer.parseInt(said.readLine());
      }
      return slot;
    }
  }

  static final class HolderMain {
    public static void main(String[] args) throws Exception {
      int count = args[0].endsWith("single") ? 1 : 2;
      Lease lease = slots(Path.of(args[0]), count).acquire(SOON, _ -> {});
      System.out.println(lease.slot());
      int end = System.in.read();
      assertThat(end).as("the test holds the pipe").isEqualTo(-1);
    }
  }
}
