package dev.bakehouse.vm.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Template;
import dev.bakehouse.vm.Trees;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.VmInfo;
import dev.bakehouse.vm.VolumeDisks;
import dev.bakehouse.volume.Taken;
import dev.bakehouse.volume.Volume;
import dev.bakehouse.volume.VolumeKey;
import dev.bakehouse.volume.VolumeSpace;
import dev.bakehouse.volume.Volumes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.NullNode;

/// Generations of volumes on disks of real VMs, whose boot-sector guest does not touch them: what a
/// guest would write is written by `qemu-io`.
@Tag("vm")
class VolumesTest {
  private static final VolumeKey MAIN = key("branch/main");
  private static final VolumeKey PULL = key("pull/7");
  private static final int PLACES = 12;

  @TempDir Path dir;
  private QemuHypervisor qemu;
  private VolumeDisks disks;
  private Volumes volumes;
  private VolumeSpace space;
  private BaseImage image;
  private int vms;

  @BeforeEach
  void make() throws IOException {
    image = Ticker.image(dir.resolve("image"));
    qemu = new QemuHypervisor(dir.resolve("state"));
    disks = qemu.volumes().orElseThrow();
    volumes = new Volumes(dir.resolve("state"));
    space = new VolumeSpace(volumes);
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    for (VmInfo info : qemu.list()) {
      qemu.find(info.name()).ifPresent(Vm::destroy);
    }
    space.sweep();
    assertThat(Trees.names(dir.resolve("state/volumes"))).noneMatch(n -> n.startsWith(".new"));
  }

  @Test
  void aGenerationStandsOnTheOneBeforeAndManyBecomeOne() throws Exception {
    for (int n = 0; n < PLACES; n++) {
      Vm vm = vm();
      Optional<Volume> from = attach(vm, PULL, MAIN);
      assertThat(from.map(Volume::generation).orElse(0L)).isEqualTo(n);
      for (int place = 0; place < n; place++) {
        insistHolds(vm, place, place + 1);
      }
      write(vm, n, n + 1);
      assertThat(keep(vm, MAIN).layers()).isEqualTo(n < 9 ? n + 1 : n - 7);
      volumes.flatten(MAIN, disks);
    }
    assertThat(only().layers()).isLessThan(PLACES);
    assertThat(only().generation()).isEqualTo(PLACES);
  }

  @Test
  void twoAtOnceHaveClonesOfTheirOwnAndTheNewestWins() throws Exception {
    Vm first = vm();
    attach(first, MAIN);
    write(first, 0, 1);
    keep(first, MAIN);
    Vm one = vm();
    Vm two = vm();
    Vm pull = vm();
    for (Vm vm : List.of(one, two, pull)) {
      assertThat(attach(vm, PULL, MAIN)).isPresent();
      write(vm, 0, 2 + vms++);
    }
    write(two, 1, 9);
    keep(one, MAIN);
    // The volume goes while two of its clones are in use.
    assertThat(space.prune(0)).extracting(Volume::key).containsExactly(MAIN);
    keep(two, MAIN);
    keep(pull, PULL);
    Vm next = vm();
    assertThat(attach(next, MAIN).orElseThrow().layers()).isEqualTo(2);
    insistHolds(next, 1, 9);
    Vm other = vm();
    attach(other, PULL, MAIN);
    insistHolds(other, 1, 0);
    assertThat(volumes.list()).extracting(Volume::key).containsExactlyInAnyOrder(MAIN, PULL);
  }

  @Test
  void aResumedGuestHasItInThePlaceOfTheTemplatesEmptyDisk() throws Exception {
    Vm source = qemu.create("source", image, Ticker.SHAPE);
    source.start(Owner.PIPE);
    Ticker.await(source.console(), 3);
    Template template = qemu.suspend(source, "key");
    Vm vm = qemu.createFrom("resumed", template);
    attach(vm, MAIN);
    write(vm, 0, 1);
    keep(vm, MAIN);
    Vm again = qemu.createFrom("again", template);
    assertThat(attach(again, MAIN)).isPresent();
    insistHolds(again, 0, 1);
    again.start(Owner.PIPE);
    Ticker.await(again.console(), 3);
  }

  @Test
  void theLeastRecentlyUsedGoesFirstAndNoneThatIsPinned() throws Exception {
    for (VolumeKey key : List.of(MAIN, PULL, key("branch/a"), key("branch/b"))) {
      Vm vm = vm();
      attach(vm);
      write(vm, 0, 1);
      keep(vm, key);
    }
    attach(vm(), PULL);
    volumes.pin(MAIN.name(), true);
    long three = volumes.list().stream().mapToLong(Volume::bytes).limit(3).sum();
    assertThat(space.prune(three))
        .extracting(v -> v.key().scope())
        .containsExactly("p/branch/a/linux");
    assertThat(space.prune(0)).hasSize(2);
    assertThat(only().key()).isEqualTo(MAIN);
    volumes.pin(MAIN.name(), false);
    assertThat(space.prune(0)).hasSize(1);
    assertThatThrownBy(() -> volumes.pin("../vms", true))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("no cache volume named");
  }

  private Optional<Volume> attach(Vm vm, VolumeKey... keys) throws IOException {
    Optional<Volume> newest = volumes.newest(List.of(keys));
    if (newest.isPresent()) {
      return Optional.of(volumes.attach(vm, newest.get()));
    }
    vm.attach(List.of());
    return newest;
  }

  private Volume only() {
    assertThat(volumes.list()).hasSize(1);
    return volumes.list().getFirst();
  }

  private Vm vm() {
    return qemu.create("vm-" + vms++, image, Ticker.SHAPE);
  }

  /// Runs the VM and takes its disk.
  private Volume keep(Vm vm, VolumeKey key) throws IOException {
    vm.start(Owner.PIPE);
    try (Taken taken = volumes.take(vm, disks)) {
      vm.destroy();
      return taken.keep(key, "build", NullNode.getInstance()).volume();
    }
  }

  private void write(Vm vm, int place, int value) {
    io(vm, "write -P " + value + " " + place + "M 128k");
  }

  private void insistHolds(Vm vm, int place, int value) {
    assertThat(io(vm, "read -P " + value + " " + place + "M 128k"))
        .doesNotContain("verification failed");
  }

  private String io(Vm vm, String request) {
    Path disk = dir.resolve("state/vms").resolve(vm.name()).resolve(CommandLine.CACHE_DISK);
    return Command.of("qemu-io", "-f", "qcow2", "-c", request)
        .and(disk.toString())
        .merged()
        .check()
        .text();
  }

  private static VolumeKey key(String ref) {
    return new VolumeKey("p/" + ref + "/linux", "step", List.of("ccache"));
  }
}
