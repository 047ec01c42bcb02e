package dev.bakehouse.job;

import static dev.bakehouse.job.VolumeJobs.sh;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.GuestTree;
import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.GuestProgram;
import dev.bakehouse.platform.Command;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.volume.Volume;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Cache volumes in real guests, resumed from a template that had an empty disk in their place.
@Tag("vm")
class JobVolumeTest {
  @TempDir Path dir;
  private VolumeJobs jobs;

  @BeforeEach
  void make() throws Exception {
    jobs = new VolumeJobs(dir);
  }

  @Test
  void eachScopeKeepsItsOwnAndReadsItsBases() throws Exception {
    try (Lease lease = Jobs.slots(jobs.settings).tryAcquire().orElseThrow()) {
      Optional<Volume> first =
          jobs.run(lease, "main", "false", true, m -> sh(m, "echo 1 >ccache/entry; echo x >stray"));
      assertThat(first.orElseThrow().generation()).isEqualTo(1);
      assertThat(jobs.saved()).isEqualTo(Map.of("entry", "1\n"));
      jobs.run(
          lease,
          "topic",
          "7",
          true,
          m -> {
            assertThat(sh(m, "cat ccache/entry; ls; mount | grep -c cache/test"))
                .isEqualTo("1\nccache\n1");
            sh(m, "echo 2 >ccache/entry; (cd ccache && sleep 1000) >/dev/null 2>&1 &");
          });
      assertThat(jobs.log()).contains("still used the volume");
      Optional<Volume> fork =
          jobs.run(
              lease,
              "theirs:main",
              "9",
              true,
              m -> {
                assertThat(sh(m, "cat ccache/entry")).isEqualTo("1");
                sh(m, "echo bad >ccache/entry");
                assertThat(carried(m)).isEqualTo(Map.of("entry", "bad\n"));
              });
      assertThat(fork).isEmpty();
      assertThat(jobs.saved()).isEqualTo(Map.of("entry", "2\n"));
      assertThat(jobs.run(lease, "main", "false", false, m -> sh(m, "rm ccache/entry"))).isEmpty();
      jobs.run(
          lease,
          "main",
          "false",
          true,
          m -> {
            assertThat(sh(m, "cat ccache/entry")).isEqualTo("1");
            sh(m, "echo 3 >ccache/more");
          });
      assertThat(jobs.saved()).isEqualTo(Map.of("entry", "1\n", "more", "3\n"));
    }
    assertThat(jobs.volumes.list())
        .extracting(v -> v.key().scope() + " " + v.generation() + " " + v.layers())
        .containsExactlyInAnyOrder(
            "o.test/pull/7/linux-x64-release 1 2", "o.test/branch/main/linux-x64-release 2 2");
    assertThat(jobs.machines.hypervisor().list()).isEmpty();
  }

  @Test
  void aRehearsalLeavesNothingBehind() throws Exception {
    long size = jobs.machines.hypervisor().volumes().orElseThrow().size();
    try (Lease lease = Jobs.slots(jobs.settings).tryAcquire().orElseThrow()) {
      jobs.beforeMount =
          Optional.of(
              machine -> {
                GuestVolume.rehearse(machine, size);
                String bytes = "sudo head -c 1M /dev/disk/by-id/virtio-cache | tr -d '\\0' | wc -c";
                assertThat(sh(machine, "/mnt", "grep -c /mnt /proc/mounts; " + bytes))
                    .isEqualTo("0\n0");
                assertThat(sh(machine, "/", "sudo dmesg | grep -ci ext4.*vdb || true"))
                    .isEqualTo("0");
              });
      jobs.run(lease, "main", "false", true, m -> sh(m, "echo 1 >ccache/entry"));
      jobs.beforeMount = Optional.of(machine -> GuestVolume.rehearse(machine, size));
      jobs.run(
          lease,
          "main",
          "false",
          true,
          m ->
              assertThat(sh(m, "cat ccache/entry; grep -c /mnt /proc/mounts || true"))
                  .isEqualTo("1\n0"));
    }
  }

  @Test
  void aFullVolumeStartsOverAndADamagedOneIsMadeAnew() throws Exception {
    try (Lease lease = Jobs.slots(jobs.settings).tryAcquire().orElseThrow()) {
      jobs.run(lease, "main", "false", true, m -> sh(m, "fallocate -l 25G ccache/big"));
      assertThat(jobs.log()).contains("it starts over");
      assertThat(jobs.saved()).isEmpty();
      Optional<Volume> second =
          jobs.run(
              lease,
              "main",
              "false",
              true,
              m -> {
                assertThat(sh(m, "ls ccache; stat -f -c %T .")).isEqualTo("ext2/ext3");
                sh(m, "echo 1 >ccache/entry");
              });
      assertThat(jobs.saved()).isEqualTo(Map.of("entry", "1\n"));
      assertThat(second.orElseThrow().generation()).isEqualTo(2);
      // The superblock.
      Command.of("qemu-io", "-f", "qcow2", "-c", "write -z 0 64k")
          .and(top(second.get()).toString())
          .check();
      jobs.run(
          lease,
          "main",
          "false",
          true,
          m -> {
            assertThat(sh(m, "ls ccache")).isEmpty();
            sh(m, "echo 2 >ccache/entry");
          });
      assertThat(jobs.log()).contains("is of no use: it can not be mount");
      assertThat(jobs.saved()).isEqualTo(Map.of("entry", "2\n"));
    }
  }

  @Test
  void anOldGenerationOrOneWithoutADiskIsNoneAndNoFailure() throws Exception {
    Volume kept;
    try (Lease lease = Jobs.slots(jobs.settings).tryAcquire().orElseThrow()) {
      kept =
          jobs.run(lease, "main", "false", true, m -> sh(m, "echo 1 >ccache/entry")).orElseThrow();
      assertThat(jobs.saved()).hasSize(1);
    }
    assertThat(attached(true)).as("a young one").isPresent();
    Path json =
        jobs.settings.state().resolve("volumes").resolve(kept.name()).resolve("volume.json");
    String text = Files.readString(json);
    String old = text.replaceAll("\"kept\":\"[^\"]*\"", "\"kept\":\"2001-01-01T00:00:00Z\"");
    assertThat(old).isNotEqualTo(text);
    Files.writeString(json, old);
    assertThat(attached(false)).as("nothing is newer").isPresent();
    assertThat(attached(true)).as("the store has a newer one").isEmpty();
    assertThat(attached(false, Optional.of(top(kept)))).as("a clone that fails").isEmpty();
    assertThat(jobs.volumes.list()).as("the disk is sound").hasSize(1);
    Files.writeString(top(kept), "no disk");
    assertThat(attached(false)).isEmpty();
    assertThat(jobs.volumes.list()).isEmpty();
    assertThat(jobs.log())
        .contains("the store has newer ones than generation 1")
        .contains("generation 1 of o.test/branch/main/linux-x64-release on this host is dropped")
        .doesNotContain("^^^");
    assertThat(jobs.phases.times()).containsKey(Phase.ATTACH);
  }

  private Optional<Volume> attached(boolean stale) throws IOException {
    return attached(stale, Optional.empty());
  }

  private Optional<Volume> attached(boolean stale, Optional<Path> inTheWay) throws IOException {
    return attached(stale, inTheWay, VolumeJobs.NEVER);
  }

  @Test
  void aGuestThatDoesNotMountItBeforeItIsConnectedMayDoSoAfterwards() throws Exception {
    try (Lease lease = Jobs.slots(jobs.settings).tryAcquire().orElseThrow()) {
      jobs.run(lease, "main", "false", true, m -> sh(m, "echo 1 >ccache/entry"));
    }
    Path program = dir.resolve("older.pl");
    String text = new String(GuestProgram.bytes(), StandardCharsets.UTF_8);
    String older = text.replace("'perl') {", "'nothing') {");
    assertThat(older).isNotEqualTo(text);
    Files.writeString(program, older);
    Process guest =
        Command.of("perl", program.toString(), "serve", "-")
            .env("BAKEHOUSE_RUN_DIR", dir.resolve("run").toString())
            .start();
    try (Control control = new Control(guest.getInputStream(), guest.getOutputStream())) {
      assertThat(attached(false, Optional.empty(), CompletableFuture.completedFuture(control)))
          .as("it does not know how, so it is asked again by the connection")
          .isPresent();
    } finally {
      guest.destroy();
    }
    Control gone = new Control(InputStream.nullInputStream(), OutputStream.nullOutputStream());
    assertThat(attached(false, Optional.empty(), CompletableFuture.completedFuture(gone)))
        .as("nobody knows whether it is mounted")
        .isEmpty();
    assertThat(jobs.log()).as("its VM is not used").doesNotContain("no volume");
  }

  /// What a VM that does not start gets.
  ///
  /// @param inTheWay a file of the volume for which the VM's directory has no place
  /// @param identified who is asked to mount it
  private Optional<Volume> attached(
      boolean stale, Optional<Path> inTheWay, Future<Control> identified) throws IOException {
    Vm vm =
        jobs.machines
            .hypervisor()
            .create(
                Machines.name("volume"),
                new BaseImage(
                    jobs.image.image().name(),
                    jobs.image.image().directory(),
                    jobs.image.image().content()),
                JobShape.of(jobs.settings, Map.of(), Optional.empty()));
    try {
      if (inTheWay.isPresent()) {
        Path home = jobs.settings.state().resolve("vms").resolve(vm.name()).resolve("volume");
        Files.createFile(Files.createDirectory(home).resolve(inTheWay.get().getFileName()));
      }
      JobVolume volume = jobs.volume(VolumeJobs.identity("main", "false", "build"), stale);
      volume.attach(vm, identified).run();
      return volume.from();
    } finally {
      vm.destroy();
    }
  }

  /// The file with what the last job wrote.
  private Path top(Volume volume) throws Exception {
    Path home = jobs.settings.state().resolve("volumes").resolve(volume.name());
    try (var files = Files.list(home)) {
      return files
          .filter(f -> f.toString().endsWith(".qcow2"))
          .max(Comparator.comparing(f -> f.toFile().lastModified()))
          .orElseThrow();
    }
  }

  /// What a save without a volume would take out of the guest.
  private static Map<String, String> carried(Machine machine) throws Exception {
    GuestTree tree = new GuestTree(machine::run, VolumeJobs.CACHE_PATH + "/ccache");
    return VolumeJobs.contents(tree);
  }
}
