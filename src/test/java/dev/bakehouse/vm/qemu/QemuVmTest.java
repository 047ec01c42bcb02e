package dev.bakehouse.vm.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Jvm;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Processes.Identity;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Endpoint;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Reaper;
import dev.bakehouse.vm.Shape;
import dev.bakehouse.vm.Slots;
import dev.bakehouse.vm.Template;
import dev.bakehouse.vm.Trees;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.VmHome;
import dev.bakehouse.vm.VmInfo;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Real VMs with the boot-sector guest.
@Tag("vm")
class QemuVmTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path dir;
  private Path state;
  private BaseImage image;
  private QemuHypervisor qemu;

  @BeforeEach
  void make() throws IOException {
    state = dir.resolve("too-long-for-a-unix-socket-".repeat(4)).resolve("state");
    image = Ticker.image(dir.resolve("image"));
    qemu = new QemuHypervisor(state);
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    for (VmInfo info : qemu.list()) {
      qemu.find(info.name()).ifPresent(Vm::destroy);
    }
    assertThat(entries(state.resolve("vms"))).isEmpty();
  }

  @Test
  void bootsIsListedAndGoesWithoutATrace() throws Exception {
    String before = sha(image.directory().resolve("disk.img"));
    Vm vm = qemu.create("one", image, Ticker.SHAPE);
    assertThat(info("one").state()).isEqualTo("created");
    vm.start(Owner.PIPE);
    Ticker.await(vm.console(), 3);
    VmInfo info = info("one");
    assertThat(info.state()).isEqualTo("running");
    assertThat(info.owner()).isEqualTo("pid " + ProcessHandle.current().pid());
    assertThat(ProcessHandle.of(info.pid())).isPresent();
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(state.resolve("vms/one"))))
        .isEqualTo("rwx------");
    Endpoint ssh = vm.ssh(SOON);
    try (Socket socket = new Socket(ssh.host(), ssh.port())) {
      assertThat(socket.isConnected()).isTrue();
    }
    vm.kill();
    assertThat(vm.running()).isFalse();
    assertThat(info("one").state()).isEqualTo("stopped");
    assertThatThrownBy(() -> new Socket(ssh.host(), ssh.port())).isInstanceOf(IOException.class);
    vm.destroy();
    assertThat(qemu.find("one")).isEmpty();
    assertThat(sha(image.directory().resolve("disk.img"))).isEqualTo(before);
  }

  @Test
  void aGuestDeafToThePowerButtonIsKilledAfterTheGrace() {
    Vm vm = started("deaf");
    vm.shutdown(Duration.ofMillis(300));
    assertThat(vm.running()).isFalse();
  }

  @Test
  void twoClonesOfATemplateGoOnWhereItStopped() throws Exception {
    Vm source = started("source");
    int last = Ticker.await(source.console(), 20).getLast();
    Template template = qemu.suspend(source, "key");
    assertThat(qemu.find("source")).isEmpty();
    assertThat(qemu.template("key")).contains(template);
    String memory = sha(template.directory().resolve("ram"));
    Vm one = qemu.createFrom("one", template);
    Vm two = qemu.createFrom("two", template);
    one.start(Owner.PIPE);
    two.start(Owner.PIPE);
    for (Vm vm : List.of(one, two)) {
      List<Integer> counts = Ticker.await(vm.console(), 3);
      assertThat(counts.getFirst()).isBetween(last, last + 200);
      assertThat(counts.get(1)).isEqualTo(counts.getFirst() + 1);
    }
    one.kill();
    one.start(Owner.PIPE);
    assertThat(Ticker.await(one.console(), 3).getFirst()).as("a second start boots").isLessThan(5);
    assertThat(sha(template.directory().resolve("ram"))).isEqualTo(memory);
    assertThatThrownBy(() -> qemu.suspend(two, "other")).hasMessageContaining("was resumed");
    qemu.deleteTemplate("key");
    assertThat(qemu.template("key")).isEmpty();
    assertThat(two.running()).isTrue();
  }

  @Test
  void noDeletionPullsTheDiskFromUnderAVm() throws Exception {
    Vm first = qemu.create("first", image, Ticker.SHAPE);
    Template template = qemu.suspend(started("source"), "key");
    assertThat(qemu.images()).containsExactly(image);
    Trees.delete(image.directory());
    assertThat(qemu.template("key")).contains(template);
    Vm clone = qemu.createFrom("clone", template);
    qemu.deleteTemplate("key");
    Vm copy = qemu.copy("clone", "copy");
    clone.destroy();
    for (Vm vm : List.of(first, copy)) {
      vm.start(Owner.PIPE);
      Ticker.await(vm.console(), 2);
    }
    copy.kill();
    Path flat = Files.createDirectory(dir.resolve("flat"));
    copy.export(flat);
    assertThat(Files.readAllBytes(flat.resolve("disk.img")))
        .isEqualTo(
            Files.readAllBytes(Ticker.image(dir.resolve("again")).directory().resolve("disk.img")));
  }

  @Test
  void aTemplateOfAnotherQemuDoesNotCount() throws Exception {
    Template template = qemu.suspend(started("source"), "key");
    Path file = template.directory().resolve("template.json");
    String signature = TemplateFile.read(template.directory()).orElseThrow().signature();
    Files.writeString(file, Files.readString(file).replace(signature, "0".repeat(64)));
    assertThat(qemu.template("key")).isEmpty();
  }

  @Test
  void theVmDiesWithItsOwnerAndTheReaperRemovesOnlyIt() throws Exception {
    Vm neighbour = started("lost-2");
    Process owner = Jvm.of(OwnerMain.class, state.toString(), dir.toString(), "PIPE").start();
    Identity orphan = identity("lost");
    owner.destroyForcibly().waitFor();
    Poll.until("its end", SOON, () -> Optional.of(1).filter(_ -> orphan.alive().isEmpty()));
    Reaper reaper = new Reaper(state, List.of(qemu));
    assertThat(reaper.sweep()).containsExactly("lost");
    assertThat(reaper.sweep()).isEmpty();
    assertThat(neighbour.running()).isTrue();
  }

  @Test
  void theReaperEndsAVmItsGuardianCouldNot() throws Exception {
    Process owner = Jvm.of(OwnerMain.class, state.toString(), dir.toString(), "DETACHED").start();
    assertThat(owner.waitFor()).isZero();
    Identity vm = identity("lost");
    Reaper reaper = new Reaper(state, List.of(qemu));
    assertThat(reaper.sweep()).as("detached VMs live on").isEmpty();
    assertThat(info("lost").owner()).isEqualTo("kept");
    Path json = state.resolve("vms/lost/vm.json");
    Files.writeString(json, Files.readString(json).replace("\"kept\":true", "\"kept\":false"));
    assertThat(reaper.sweep()).containsExactly("lost");
    assertThat(vm.alive()).isEmpty();
  }

  @Test
  void theNextHolderOfADeadLeaseEndsExactlyItsVm() throws Exception {
    Vm neighbour = started("lost-2");
    Process owner = Jvm.of(OwnerMain.class, state.toString(), dir.toString(), "PIPE").start();
    identity("lost");
    assertThat(info("lost").slot()).isEqualTo(1);
    assertThat(slots(state, qemu).tryAcquire()).isEmpty();
    owner.destroyForcibly().waitFor();
    try (Lease lease = slots(state, qemu).acquire(SOON, _ -> {})) {
      assertThat(lease.slot()).isEqualTo(1);
      assertThat(qemu.find("lost")).isEmpty();
      assertThat(neighbour.running()).isTrue();
    }
  }

  @Test
  void aKeptVmHoldsItsSlotWhileItRuns() throws Exception {
    Process owner = Jvm.of(OwnerMain.class, state.toString(), dir.toString(), "DETACHED").start();
    assertThat(owner.waitFor()).isZero();
    assertThat(slots(state, qemu).tryAcquire()).isEmpty();
    qemu.find("lost").orElseThrow().kill();
    slots(state, qemu).acquire(SOON, _ -> {}).close();
    assertThat(qemu.find("lost")).as("a stopped VM made by hand stays").isPresent();
  }

  @Test
  void killingTheGuardianKillsTheVm() {
    Vm vm = started("one");
    ProcessHandle process = ProcessHandle.of(info("one").pid()).orElseThrow();
    process.parent().orElseThrow().destroyForcibly();
    Poll.until("its end", SOON, () -> Optional.of(1).filter(_ -> !vm.running()));
  }

  @Test
  void reapersInParallelAgree() throws Exception {
    Process owner = Jvm.of(OwnerMain.class, state.toString(), dir.toString(), "PIPE").start();
    identity("lost");
    owner.destroyForcibly().waitFor();
    List<Process> reapers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      reapers.add(Jvm.of(ReaperMain.class, state.toString()).start());
    }
    for (Process reaper : reapers) {
      assertThat(reaper.waitFor()).isZero();
    }
    assertThat(entries(state.resolve("vms"))).isEmpty();
  }

  @Test
  void draftsOfDeadProcessesAreRemovedOthersStay() throws Exception {
    Process dead = new ProcessBuilder("cat").start();
    Identity gone = Processes.identity(dead.toHandle());
    dead.destroyForcibly().waitFor();
    Path vms = Files.createDirectories(state.resolve("vms"));
    Path left =
        Files.createDirectories(vms.resolve(".new-" + gone.pid() + "-" + gone.started() + "-1/x"));
    Path mine = Files.createDirectories(vms.resolve(VmHome.mine("new")));
    Path other = Files.createDirectories(vms.resolve(".new-someone"));
    new Reaper(state, List.of(qemu)).sweep();
    assertThat(left.getParent()).doesNotExist();
    assertThat(mine).exists();
    assertThat(other).exists();
    Files.delete(mine);
    Files.delete(other);
  }

  @Test
  void aNameIsGivenOnce() {
    started("one");
    assertThatThrownBy(() -> qemu.create("one", image, Ticker.SHAPE))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("There is a VM named one");
    assertThatThrownBy(() -> qemu.create("../one", image, Ticker.SHAPE))
        .hasMessageContaining("can not be the name");
  }

  @Test
  void aStoppedVmIsCopied() {
    Vm vm = started("one");
    assertThatThrownBy(() -> qemu.copy("one", "two")).hasMessageContaining("runs");
    vm.kill();
    Vm two = qemu.copy("one", "two");
    two.start(Owner.PIPE);
    Ticker.await(two.console(), 2);
  }

  @Test
  void badInputIsToldAndLeavesNothing() throws Exception {
    BaseImage none = new BaseImage("none", dir.resolve("none"), "d");
    assertThatThrownBy(() -> qemu.create("one", none, Ticker.SHAPE))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("image none has no readable disk");
    assertThatThrownBy(
            () ->
                new QemuHypervisor(state, Owner.PIPE, "/nowhere")
                    .create("one", image, Ticker.SHAPE))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("QEMU is not installed");
    Vm large = qemu.create("large", image, new Shape(1, 900_000_000, 0));
    assertThatThrownBy(() -> large.start(Owner.PIPE)).hasMessageContaining("MB of disk");
    large.destroy();
    Files.writeString(
        image.directory().resolve("config.json"),
        "{\"boot\":{\"kernel\":\"/vmlinuz\",\"initrd\":\"/initrd\",\"append\":\"x\"}}");
    assertThatThrownBy(() -> qemu.create("one", image, Ticker.SHAPE))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("disk");
    assertThat(entries(state.resolve("cache/boot"))).isEmpty();
  }

  @Test
  void aKernelQemuCanNotLoadIsToldWithItsLog() throws Exception {
    Vm vm = qemu.create("one", image, Ticker.SHAPE);
    for (String file : List.of("kernel", "initrd", "append")) {
      Files.writeString(state.resolve("vms/one").resolve(file), "no kernel");
    }
    assertThatThrownBy(() -> vm.start(Owner.PIPE))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("linux kernel too old");
    assertThat(vm.running()).isFalse();
  }

  private static Slots slots(Path state, QemuHypervisor qemu) {
    return new Slots(state.resolve("slots"), 1, new Reaper(state, List.of(qemu)));
  }

  private Vm started(String name) {
    Vm vm = qemu.create(name, image, Ticker.SHAPE);
    vm.start(Owner.PIPE);
    Ticker.await(vm.console(), 1);
    return vm;
  }

  private VmInfo info(String name) {
    return qemu.list().stream().filter(i -> i.name().equals(name)).findFirst().orElseThrow();
  }

  private Identity identity(String name) {
    return Poll.until(
        "the VM " + name,
        SOON,
        () ->
            Optional.of(state.resolve("vms").resolve(name))
                .filter(d -> Files.exists(d.resolve("qmp.sock")))
                .flatMap(d -> Identity.read(d.resolve("qemu.id"))));
  }

  private static List<String> entries(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(p -> p.getFileName().toString()).filter(n -> !n.equals(".lock")).toList();
    }
  }

  private static String sha(Path file) throws Exception {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }

  /// A JVM that reaps once.
  static final class ReaperMain {
    public static void main(String[] args) {
      Path state = Path.of(args[0]);
      new Reaper(state, List.of(new QemuHypervisor(state))).sweep();
    }
  }

  /// A JVM that starts the VM `lost`; bound to it, it waits to be killed.
  static final class OwnerMain {
    public static void main(String[] args) throws Exception {
      Owner owner = Owner.valueOf(args[2]);
      QemuHypervisor qemu = new QemuHypervisor(Path.of(args[0]));
      Lease lease = slots(Path.of(args[0]), qemu).acquire(SOON, _ -> {});
      lease.bind("lost");
      Vm vm = qemu.create("lost", Ticker.image(Path.of(args[1], "image-lost")), Ticker.SHAPE);
      vm.start(owner);
      if (owner == Owner.PIPE) {
        int end = System.in.read();
        assertThat(end).as("the test holds the pipe").isEqualTo(-1);
      }
      lease.leave();
    }
  }
}
