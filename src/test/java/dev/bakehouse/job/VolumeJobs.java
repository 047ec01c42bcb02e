package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.KillFixture;
import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.StepRule.Decision;
import dev.bakehouse.cache.Strategy;
import dev.bakehouse.guest.Control;
import dev.bakehouse.image.ImageLease;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.snapshot.Node;
import dev.bakehouse.snapshot.TreeSource;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Owner;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

/// Jobs of one step in real guests, whose ccache is on a volume.
final class VolumeJobs {
  static final String CACHE_PATH = "/home/admin/cache/test-main/linux-x64-release";
  static final Future<Control> NEVER = CompletableFuture.failedFuture(new IOException("never"));
  static final Decision DECISION = new Decision(Strategy.READ_WRITE, List.of(Kind.CCACHE), "test");

  final HostSettings settings;
  final Machines machines;
  final ImageLease image;
  final Volumes volumes;
  final Phases phases;
  private Optional<Volume> mounted = Optional.empty();
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();

  /// @param dir is the host's; the store of its caches is `store` in it
  VolumeJobs(Path dir) throws IOException {
    Path config = dir.resolve("bakehouse.yml");
    Files.writeString(
        config,
        KillFixture.hostConfig(dir.resolve("host"))
            + "cache: {store: 'dir:%s'}\n".formatted(dir.resolve("store")));
    phases = new Phases(new PrintStream(log, true, StandardCharsets.UTF_8));
    settings = HostSettings.read(config);
    machines = new Machines(settings, Jobs.hypervisor(settings));
    image = new Images(settings).lease("test", System.out);
    volumes = new Volumes(settings.state());
    Directories.makePrivate(settings.state());
  }

  /// Is done in each guest before its volume is mounted; without it, that is mounted while the
  /// guest is connected.
  Optional<Work> beforeMount = Optional.empty();

  interface Work {
    void in(Machine machine) throws Exception;
  }

  /// A job of the build `build`.
  ///
  /// @param pull `false`, or a pull request's number
  /// @return what it kept
  Optional<Volume> run(Lease lease, String branch, String pull, boolean passes, Work work)
      throws Exception {
    return run(lease, identity(branch, pull, "build"), passes, work);
  }

  Optional<Volume> run(Lease lease, JobIdentity identity, boolean passes, Work work)
      throws Exception {
    JobVolume volume = volume(identity, false);
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
                (vm, identified) -> volume.attach(vm, beforeMount.isEmpty() ? identified : NEVER),
                (_, _) -> false),
            phases);
    Optional<JobVolume.Sealed> sealed;
    try {
      if (beforeMount.isPresent()) {
        beforeMount.get().in(machine);
      }
      assertThat(volume.mounted()).as(log()).isEqualTo(beforeMount.isEmpty());
      assertThat(volume.mount(machine)).as(log()).isPresent();
      sh(machine, "mkdir -p ccache");
      mounted = volume.from();
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
      Scope scope = access(identity).writes().orElseThrow();
      String build = identity.buildId();
      return Optional.of(
          taken
              .keep(sealed.get().key(), build, PublishOrder.of(scope, build, Map.of()).json())
              .volume());
    }
  }

  /// What the volume of the job that runs began as.
  Volume mounted() {
    return mounted.orElseThrow();
  }

  static JobIdentity identity(String branch, String pull, String build) {
    Map<String, String> env = new HashMap<>();
    env.put("BUILDKITE_ORGANIZATION_SLUG", "o");
    env.put("BUILDKITE_PIPELINE_SLUG", "test");
    env.put("BUILDKITE_BRANCH", branch);
    env.put("BUILDKITE_PULL_REQUEST", pull);
    env.put("BUILDKITE_PULL_REQUEST_BASE_BRANCH", pull.equals("false") ? "" : "main");
    env.put("BUILDKITE_BUILD_ID", build);
    env.put("BUILDKITE_STEP_KEY", "step");
    return JobIdentity.of(env);
  }

  static Access access(JobIdentity identity) {
    return Access.of(identity, "linux-x64-release");
  }

  /// @param stale whether the store has something better than an old generation
  JobVolume volume(JobIdentity identity, boolean stale) {
    return JobVolume.of(
            settings,
            machines.hypervisor(),
            access(identity),
            DECISION,
            identity,
            Path.of(CACHE_PATH),
            _ -> stale,
            phases)
        .orElseThrow();
  }

  /// What the generation that was kept last would bring to the store.
  Map<String, String> saved() throws Exception {
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

  static Map<String, String> contents(TreeSource tree) throws Exception {
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

  /// Runs a script in the guest, where the caches are.
  static String sh(Machine machine, String script) throws Exception {
    return sh(machine, CACHE_PATH, script);
  }

  static String sh(Machine machine, String directory, String script) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    machine.run(
        List.of("sh", "-c", "cd " + directory + " && " + script),
        InputStream.nullInputStream(),
        out);
    return out.toString(StandardCharsets.UTF_8).strip();
  }

  String log() {
    return log.toString(StandardCharsets.UTF_8);
  }
}
