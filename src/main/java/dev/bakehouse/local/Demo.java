package dev.bakehouse.local;

import dev.bakehouse.config.VmSettings;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.coordinator.BuildReport;
import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/// The main job from nothing: guest image, coordinator, two hosts, the example built cold and then
/// warm in clean VMs.
public final class Demo {
  private static final int HOSTS = 2;
  private static final long GIB = 1L << 30;
  private static final long ROOM = 8 * GIB;
  private static final double WARM_LIMIT = 1.0 / 3;
  private static final double HIT_GOAL = 0.85;

  private final Path state;
  private final PrintStream out;
  private final Needs needs;
  private final boolean logs;
  private final boolean measureCaches;
  private final long begin = System.nanoTime();

  /// @param yes install what is missing without asking
  /// @param logs show the jobs' logs, not only what starts and ends
  /// @param measureCaches let jobs measure what caches would cost as archives of tar and gzip
  public Demo(Path state, PrintStream out, boolean yes, boolean logs, boolean measureCaches) {
    this.state = state;
    this.out = out;
    this.needs = new Needs(out, yes);
    this.logs = logs;
    this.measureCaches = measureCaches;
  }

  /// What both builds came to.
  ///
  /// @param failures why the demo did not show what it should; empty when all of it happened
  public record Result(BuildReport cold, BuildReport warm, List<String> failures) {}

  /// Sees the result while the fleet still runs.
  public interface WhileUp {
    void see(LocalFleet fleet, Result result) throws IOException;
  }

  /// What a build stands on.
  ///
  /// @param agent program
  /// @param image reference that hosts pull from
  public record Prepared(Path agent, String image) {}

  /// Installs what is missing and makes the guest image, unless it is there.
  public Prepared prepare() throws IOException {
    step(1, "what this needs");
    needs.ensure(Needs.RUN);
    needs.ensure(Needs.IMAGE);
    Directories.makePrivate(state);
    insistRoom();
    Tools tools = new Tools(state, out, needs);
    Path agent = tools.agent();
    Path zig = tools.zig();
    step(2, "the guest image (a few minutes the first time)");
    return new Prepared(agent, new GuestImage(state, out).ensure(agent, zig));
  }

  /// What tools, image and builds come to is told before, not by whatever fails of it.
  private void insistRoom() throws IOException {
    boolean made = Files.exists(state.resolve("registry/index.json"));
    long free = Files.getFileStore(state).getUsableSpace();
    if (!made && free < ROOM) {
      throw new UserError(
          "The demo needs "
              + ROOM / GIB
              + " GB, and the disk with "
              + state
              + " has "
              + free / GIB
              + " GB left",
          "Free some space, or name a directory elsewhere with --state.");
    }
  }

  /// Runs it all.
  ///
  /// @param whileUp called after the builds, before the fleet is stopped
  public Result run(WhileUp whileUp) throws IOException {
    Prepared prepared = prepare();
    step(3, "the example's repository, a coordinator, " + HOSTS + " hosts");
    StateDirectory place = new StateDirectory(state);
    place.awaitHosts(out::println);
    place.insistIdle();
    for (String old : new String[] {"coordinator", "cache"}) {
      Directories.delete(state.resolve(old));
    }
    for (int n = 1; n <= HOSTS; n++) {
      Directories.delete(state.resolve("hosts/host-" + n + "/volumes"));
    }
    ExampleRepository repository =
        ExampleRepository.make(Self.root().resolve("examples/oven"), state.resolve("example/oven"));
    try (LocalFleet fleet =
        LocalFleet.start(
            Config.of(0, state.resolve("coordinator")),
            HOSTS,
            at -> host(at, prepared),
            out::println)) {
      step(4, "a cold build: no cache anywhere (about four minutes on two cores without KVM)");
      BuildReport cold = build(fleet, repository, "cold");
      fleet.awaitCaches();
      repository.edit();
      step(
          5,
          "a warm build: one source file changed (the cold one took "
              + Math.round(cold.seconds())
              + " s)");
      BuildReport warm = build(fleet, repository, "warm");
      out.println();
      out.print(DemoTable.render(cold, warm));
      List<String> failures = check(cold, warm);
      failures.forEach(f -> out.println("NOT AS IT SHOULD BE: " + f));
      Result result = new Result(cold, warm, failures);
      whileUp.see(fleet, result);
      return result;
    }
  }

  private BuildReport build(LocalFleet fleet, ExampleRepository repository, String name) {
    Pipeline pipeline =
        Pipeline.parse(
            "demo pipeline",
            "steps: [{label: ':rocket: Bootstrap', key: bootstrap, command: bakehouse pipeline upload, agents: {queue: linux}}]");
    BuildRequest request =
        new BuildRequest(
            "oven",
            repository.dir().toString(),
            repository.head(),
            "main",
            "demo: " + name,
            Map.of());
    BuildView build = fleet.build(request, pipeline, new BuildConsole(out, logs));
    BuildReport report = BuildReport.of(build);
    if (!report.passed()) {
      throw new UserError(
          "The " + name + " build " + report.state() + ": " + failed(fleet, build),
          "The logs of the hosts are in "
              + state.resolve("hosts")
              + "; `--logs` shows those of the jobs.");
    }
    return report;
  }

  private static String failed(LocalFleet fleet, BuildView build) {
    return build.jobs().stream()
        .filter(j -> j.exitStatus() != null && !"0".equals(j.exitStatus()))
        .map(
            j -> {
              String log =
                  new String(fleet.coordinator().log(j.id()), StandardCharsets.UTF_8).strip();
              return j.title()
                  + " (exit "
                  + j.exitStatus()
                  + "), its log ends:\n"
                  + log.substring(Math.max(0, log.length() - 1500));
            })
        .findFirst()
        .orElse("no job failed");
  }

  /// What must have happened, beyond that both builds passed.
  private static List<String> check(BuildReport cold, BuildReport warm) {
    List<String> failures = new ArrayList<>();
    if (warm.caches().isEmpty() || warm.caches().stream().anyMatch(c -> c.source().isEmpty())) {
      failures.add("a cache was not restored in the warm build");
    }
    if (DemoTable.hitRate(warm, "ccache") < HIT_GOAL) {
      failures.add("ccache hit less than 85 % in the warm build");
    }
    if (warm.command() > cold.command() * WARM_LIMIT) {
      failures.add("the warm build's commands took more than a third of the cold one's");
    }
    List<String> vms =
        Stream.of(cold, warm)
            .flatMap(b -> b.steps().stream())
            .map(BuildReport.StepReport::vm)
            .filter(Objects::nonNull)
            .toList();
    if (vms.size() != vms.stream().distinct().count() || vms.isEmpty()) {
      failures.add("a VM served two jobs");
    }
    return failures;
  }

  private HostSpec host(LocalFleet.Place place, Prepared prepared) {
    Path home = Directories.makePrivate(state.resolve("hosts")).resolve(place.name());
    String arch = System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x64";
    VmSettings vm =
        VmSettings.read(
            Yaml.parse("demo", "{hypervisor: qemu, cpus: 1, memory-mb: 1024, disk-gb: 4}"));
    return new HostSpec(
        place.name(),
        home,
        2,
        home.resolve("images"),
        GuestImage.NAME,
        prepared.image(),
        prepared.agent(),
        place.coordinator().agentEndpoint(),
        place.coordinator().registrationToken(),
        place.coordinator().address() + "/v2",
        place.coordinator().apiToken(),
        state.resolve("cache"),
        measureCaches,
        Map.of("queue", "linux", "os", "linux", "arch", arch),
        10,
        vm);
  }

  private void step(int number, String what) {
    out.printf("%n[%d/5, %d s] %s%n", number, (System.nanoTime() - begin) / 1_000_000_000L, what);
  }
}
