package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.KillFixture;
import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.GuestTree;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.StepRule.Decision;
import dev.bakehouse.cache.Strategy;
import dev.bakehouse.image.ImageLease;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.snapshot.Node;
import dev.bakehouse.snapshot.TreeSource;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.volume.Publications;
import dev.bakehouse.volume.Taken;
import dev.bakehouse.volume.Volume;
import dev.bakehouse.volume.Volumes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Cache volumes in real guests, resumed from a template that had an empty disk in their place.
@Tag("vm")
class JobVolumeTest {
  private static final String CACHE_PATH = "/home/admin/cache/test-main/linux-x64-release";

  @TempDir Path dir;
  private HostSettings settings;
  private Machines machines;
  private ImageLease image;
  private Volumes volumes;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final Phases phases = new Phases(new PrintStream(log, true, StandardCharsets.UTF_8));

  @BeforeEach
  void make() throws Exception {
    Path config = dir.resolve("bakehouse.yml");
    Files.writeString(config, KillFixture.hostConfig(dir.resolve("host")));
    settings = HostSettings.read(config);
    machines = new Machines(settings, Jobs.hypervisor(settings));
    image = new Images(settings).lease("test", System.out);
    volumes = new Volumes(settings.state());
    Directories.makePrivate(settings.state());
  }

  private interface Work {
    void in(Machine machine) throws Exception;
  }

  @Test
  void eachScopeKeepsItsOwnAndReadsItsBases() throws Exception {
    try (Lease lease = Jobs.slots(settings).tryAcquire().orElseThrow()) {
      Optional<Volume> first =
          job(lease, "main", "false", true, m -> sh(m, "echo 1 >ccache/entry; echo x >stray"));
      assertThat(first.orElseThrow().generation()).isEqualTo(1);
      assertThat(saved()).isEqualTo(Map.of("entry", "1\n"));
      job(
          lease,
          "topic",
          "7",
          true,
          m -> {
            assertThat(sh(m, "cat ccache/entry; ls; mount | grep -c cache/test"))
                .isEqualTo("1\nccache\n1");
            sh(m, "echo 2 >ccache/entry; (cd ccache && sleep 1000) >/dev/null 2>&1 &");
          });
      assertThat(log.toString(StandardCharsets.UTF_8)).contains("still used the volume");
      Optional<Volume> fork =
          job(
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
      assertThat(saved()).isEqualTo(Map.of("entry", "2\n"));
      assertThat(job(lease, "main", "false", false, m -> sh(m, "rm ccache/entry"))).isEmpty();
      job(
          lease,
          "main",
          "false",
          true,
          m -> {
            assertThat(sh(m, "cat ccache/entry")).isEqualTo("1");
            sh(m, "echo 3 >ccache/more");
          });
      assertThat(saved()).isEqualTo(Map.of("entry", "1\n", "more", "3\n"));
    }
    assertThat(volumes.list())
        .extracting(v -> v.key().scope() + " " + v.generation() + " " + v.layers())
        .containsExactlyInAnyOrder(
            "o.test/pull/7/linux-x64-release 1 2", "o.test/branch/main/linux-x64-release 2 2");
    assertThat(machines.hypervisor().list()).isEmpty();
  }

  @Test
  void aFullVolumeStartsOverAndADamagedOneIsMadeAnew() throws Exception {
    try (Lease lease = Jobs.slots(settings).tryAcquire().orElseThrow()) {
      job(lease, "main", "false", true, m -> sh(m, "fallocate -l 25G ccache/big"));
      assertThat(log.toString(StandardCharsets.UTF_8)).contains("it starts over");
      assertThat(saved()).isEmpty();
      Optional<Volume> second =
          job(
              lease,
              "main",
              "false",
              true,
              m -> {
                assertThat(sh(m, "ls ccache; stat -f -c %T .")).isEqualTo("ext2/ext3");
                sh(m, "echo 1 >ccache/entry");
              });
      assertThat(saved()).isEqualTo(Map.of("entry", "1\n"));
      assertThat(second.orElseThrow().generation()).isEqualTo(2);
      // The superblock.
      Command.of("qemu-io", "-f", "qcow2", "-c", "write -z 0 64k")
          .and(top(second.get()).toString())
          .check();
      job(
          lease,
          "main",
          "false",
          true,
          m -> {
            assertThat(sh(m, "ls ccache")).isEmpty();
            sh(m, "echo 2 >ccache/entry");
          });
      assertThat(log.toString(StandardCharsets.UTF_8))
          .contains("is of no use: it can not be mount");
      assertThat(saved()).isEqualTo(Map.of("entry", "2\n"));
    }
  }

  @Test
  void anOldGenerationOrOneWithoutADiskIsNoneAndNoFailure() throws Exception {
    Volume kept;
    try (Lease lease = Jobs.slots(settings).tryAcquire().orElseThrow()) {
      kept = job(lease, "main", "false", true, m -> sh(m, "echo 1 >ccache/entry")).orElseThrow();
      assertThat(saved()).hasSize(1);
    }
    assertThat(attached(true)).as("a young one").isPresent();
    Path json = settings.state().resolve("volumes").resolve(kept.name()).resolve("volume.json");
    String text = Files.readString(json);
    String old = text.replaceAll("\"kept\":\"[^\"]*\"", "\"kept\":\"2001-01-01T00:00:00Z\"");
    assertThat(old).isNotEqualTo(text);
    Files.writeString(json, old);
    assertThat(attached(false)).as("nothing is newer").isPresent();
    assertThat(attached(true)).as("the store has a newer one").isEmpty();
    assertThat(attached(false, Optional.of(top(kept)))).as("a clone that fails").isEmpty();
    assertThat(volumes.list()).as("the disk is sound").hasSize(1);
    Files.writeString(top(kept), "no disk");
    assertThat(attached(false)).isEmpty();
    assertThat(volumes.list()).isEmpty();
    assertThat(log.toString(StandardCharsets.UTF_8))
        .contains("the store has newer ones than generation 1")
        .contains("generation 1 of o.test/branch/main/linux-x64-release on this host is dropped")
        .doesNotContain("^^^");
    assertThat(phases.times()).containsKey(Phase.ATTACH);
  }

  private Optional<Volume> attached(boolean stale) throws IOException {
    return attached(stale, Optional.empty());
  }

  /// What a VM that does not start gets.
  ///
  /// @param inTheWay a file of the volume for which the VM's directory has no place
  private Optional<Volume> attached(boolean stale, Optional<Path> inTheWay) throws IOException {
    Vm vm =
        machines
            .hypervisor()
            .create(
                Machines.name("volume"),
                new BaseImage(
                    image.image().name(), image.image().directory(), image.image().content()),
                JobShape.of(settings, Map.of(), Optional.empty()));
    try {
      if (inTheWay.isPresent()) {
        Path home = settings.state().resolve("vms").resolve(vm.name()).resolve("volume");
        Files.createFile(Files.createDirectory(home).resolve(inTheWay.get().getFileName()));
      }
      JobVolume volume = volume("main", "false", stale);
      volume.attach(vm);
      return volume.from();
    } finally {
      vm.destroy();
    }
  }

  /// The file with what the last job wrote.
  private Path top(Volume volume) throws Exception {
    Path home = settings.state().resolve("volumes").resolve(volume.name());
    try (var files = Files.list(home)) {
      return files
          .filter(f -> f.toString().endsWith(".qcow2"))
          .max(Comparator.comparing(f -> f.toFile().lastModified()))
          .orElseThrow();
    }
  }

  /// @return what it kept
  private Optional<Volume> job(Lease lease, String branch, String pull, boolean passes, Work work)
      throws Exception {
    JobVolume volume = volume(branch, pull, false);
    String name = Machines.name("volume");
    Machine machine =
        Machine.start(
            machines,
            image,
            lease,
            new Machine.Start(
                name,
                "resume",
                List.of(),
                Connections.directory(settings),
                Owner.PIPE,
                volume::attach,
                (_, _) -> false),
            phases);
    Optional<JobVolume.Sealed> sealed;
    try {
      assertThat(volume.mount(machine)).as(log.toString(StandardCharsets.UTF_8)).isTrue();
      sh(machine, "mkdir -p ccache");
      work.in(machine);
      if (passes) {
        volume.seal(machine);
      }
      sealed = volume.take(machine.vm());
    } finally {
      machine.destroy();
    }
    if (sealed.isEmpty()) {
      return Optional.empty();
    }
    try (Taken taken = sealed.get().taken()) {
      Scope scope = access(branch, pull).writes().orElseThrow();
      return Optional.of(
          taken
              .keep(sealed.get().key(), "build", PublishOrder.of(scope, "build", Map.of()).json())
              .volume());
    }
  }

  private static JobIdentity identity(String branch, String pull) {
    Map<String, String> env = new HashMap<>();
    env.put("BUILDKITE_ORGANIZATION_SLUG", "o");
    env.put("BUILDKITE_PIPELINE_SLUG", "test");
    env.put("BUILDKITE_BRANCH", branch);
    env.put("BUILDKITE_PULL_REQUEST", pull);
    env.put("BUILDKITE_PULL_REQUEST_BASE_BRANCH", pull.equals("false") ? "" : "main");
    env.put("BUILDKITE_BUILD_ID", "build");
    env.put("BUILDKITE_STEP_KEY", "step");
    return JobIdentity.of(env);
  }

  private static Access access(String branch, String pull) {
    return Access.of(identity(branch, pull), "linux-x64-release");
  }

  private JobVolume volume(String branch, String pull, boolean stale) {
    return JobVolume.of(
            settings,
            machines.hypervisor(),
            access(branch, pull),
            new Decision(Strategy.READ_WRITE, List.of(Kind.CCACHE), "test"),
            identity(branch, pull),
            Path.of(CACHE_PATH),
            _ -> stale,
            phases)
        .orElseThrow();
  }

  /// What a save without a volume would take out of the guest.
  private static Map<String, String> carried(Machine machine) throws Exception {
    GuestTree tree = new GuestTree(machine::run, CACHE_PATH + "/ccache");
    return contents(tree);
  }

  /// What the generation that was kept last would bring to the store.
  private Map<String, String> saved() throws Exception {
    Publications publications = new Publications(volumes);
    List<Publications.Waiting> waiting = publications.waiting();
    assertThat(waiting).hasSize(1);
    try (Publications.Work work = publications.take(waiting.getFirst()).orElseThrow();
        Publications.Disk disk = work.open()) {
      Map<String, String> files = contents(disk.tree("ccache"));
      work.done(Map.of());
      return files;
    }
  }

  private static Map<String, String> contents(TreeSource tree) throws Exception {
    Map<String, String> files = new TreeMap<>();
    List<Node.File> all = new ArrayList<>();
    tree.list(
        node -> {
          if (node instanceof Node.File file) {
            all.add(file);
          }
        });
    tree.read(
        all,
        (file, content) ->
            files.put(file.path(), new String(content.readAllBytes(), StandardCharsets.UTF_8)));
    return files;
  }

  private static String sh(Machine machine, String script) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    machine.run(
        List.of("sh", "-c", "cd " + CACHE_PATH + " && " + script),
        InputStream.nullInputStream(),
        out);
    return out.toString(StandardCharsets.UTF_8).strip();
  }
}
