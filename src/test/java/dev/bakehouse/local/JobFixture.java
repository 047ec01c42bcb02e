package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.ShortDirectory;
import dev.bakehouse.config.VmSettings;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.coordinator.JobView;
import dev.bakehouse.coordinator.LogText;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.vm.GuestImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import tools.jackson.databind.json.JsonMapper;

/// A coordinator, one host that runs jobs in QEMU's VMs, and plain agents beside it that run them
/// without; started once for all test classes of a run. A test takes it as a parameter. A host
/// whose hypervisor is Tart, by the stand-in, joins when the first test asks for it.
///
/// The host's directory stays from run to run, and with it the template of the guest image.
public final class JobFixture implements AutoCloseable {
  /// Where a step runs.
  public enum Where {
    VM,
    /// On the host of [JobFixture#tart].
    TART,
    /// On another one of Tart, whose image is told to be one of Linux.
    TART_LINUX,
    PLAIN,
    /// Plain, with an empty standard input instead of a terminal.
    PLAIN_WITHOUT_TERMINAL
  }

  /// One step of a build.
  public record Step(String key, String command, Map<String, String> env, Where where) {
    public static Step vm(String key, String command) {
      return new Step(key, command, Map.of(), Where.VM);
    }
  }

  /// How a step ended.
  ///
  /// @param log without the agent's time marks
  public record Result(JobView job, String log) {
    public String status() {
      return String.valueOf(job.exitStatus());
    }
  }

  /// Makes the fixture when the first test asks for it.
  public static final class Extension implements ParameterResolver {
    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == JobFixture.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return context
          .getRoot()
          .getStore(ExtensionContext.Namespace.GLOBAL)
          .computeIfAbsent(JobFixture.class, _ -> new JobFixture(), JobFixture.class);
    }
  }

  /// A branch with a submodule that can not be had.
  public static final String NO_SUBMODULE = "no-submodule";

  private static final String SETTINGS =
      "{hypervisor: %s, cpus: 1, memory-mb: 1024, disk-gb: 4, connect-seconds: 180}";

  private static final String PIPELINE =
      """
      pipeline:
        image-step: false
        targets: {linux-x64: {agents: {queue: vm}}}
        steps: {cpp: {command: 'true'}}
      """;

  /// What is kept from run to run; each JVM that runs tests has its own.
  private final Path dir =
      Path.of("target/test-hosts", System.getProperty("bakehouse.test.fork", "jvm-1"))
          .toAbsolutePath();

  private final Path image = GuestImage.directory().toAbsolutePath().normalize();
  private final LocalFleet fleet;
  private final Path repository;
  private final List<Process> agents = new ArrayList<>();
  private final Map<String, Map<String, Result>> shared = new HashMap<>();
  private final Map<String, TartHost> tart = new HashMap<>();

  private JobFixture() {
    for (String old :
        List.of(
            "coordinator",
            "cache",
            "repository",
            "plain",
            "plain-no-pty",
            "host-1/volumes",
            "tart-linux/host/volumes")) {
      Directories.delete(dir.resolve(old));
    }
    Directories.makePrivate(dir);
    repository = repository(dir.resolve("repository"));
    Config config = Config.of(0, dir.resolve("coordinator")).infraRetries(0);
    fleet = LocalFleet.start(config, 1, this::host, System.out::println);
    agents.add(plain("plain", "--no-color"));
    agents.add(plain("plain-no-pty", "--no-pty"));
  }

  private HostSpec host(LocalFleet.Place place) {
    String name = place.name();
    return host(place.coordinator(), name, dir.resolve(name), image, "vm", "qemu");
  }

  private HostSpec host(
      Coordinator coordinator,
      String name,
      Path state,
      Path from,
      String queue,
      String hypervisor) {
    return new HostSpec(
        name,
        state,
        2,
        from.getParent(),
        from.getFileName().toString(),
        "",
        agentProgram(),
        coordinator.agentEndpoint(),
        coordinator.registrationToken(),
        coordinator.address() + "/v2",
        coordinator.apiToken(),
        dir.resolve("cache"),
        false,
        Map.of("queue", queue),
        40,
        VmSettings.read(Yaml.parse("test", SETTINGS.formatted(hypervisor))));
  }

  /// A host on which Tart runs the VMs, its image told to be one of macOS: the queue of
  /// [Where#TART]. What the stand-in keeps stays from run to run, as long as the image is the same.
  public TartHost tart() {
    return tart("tart", "host-t", "darwin");
  }

  /// The same of Linux.
  public TartHost tartLinux() {
    return tart("tart-linux", "host-l", "linux");
  }

  private synchronized TartHost tart(String queue, String name, String os) {
    return tart.computeIfAbsent(
        queue,
        _ ->
            TartHost.start(
                dir.resolve(queue),
                image,
                os,
                (state, from) -> host(fleet.coordinator(), name, state, from, queue, "tart")));
  }

  private static Path agentProgram() {
    for (String entry : System.getenv("PATH").split(":")) {
      Path program = Path.of(entry, "buildkite-agent");
      if (Files.isExecutable(program)) {
        return program;
      }
    }
    throw new AssertionError(
        "buildkite-agent is not on PATH: go install github.com/buildkite/agent/v3@v3.78.0");
  }

  private Process plain(String name, String flag) {
    try {
      Path home = Files.createDirectories(dir.resolve(name));
      return Command.of(agentProgram().toString(), "start", "--name", name)
          .and("--tags", "queue=" + name, flag, "--no-ssh-keyscan")
          .and("--build-path", home.resolve("builds").toString())
          .and("--hooks-path", home.resolve("hooks").toString())
          .and("--plugins-path", home.resolve("plugins").toString())
          .and("--sockets-path", ShortDirectory.make().toString())
          .env("BUILDKITE_AGENT_TOKEN", registrationToken())
          .env("BUILDKITE_AGENT_ENDPOINT", fleet.coordinator().agentEndpoint())
          .startInto(home.resolve("agent.log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path repository(Path at) {
    git("init", "-q", "-b", "main", at.toString());
    try {
      Files.writeString(at.resolve("file.txt"), "content\n");
      Files.writeString(at.resolve("bakehouse.yml"), PIPELINE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    git("-C", at.toString(), "add", "--all");
    git("-C", at.toString(), "commit", "-q", "-m", "First");
    noSubmodule(at);
    return at;
  }

  private static void noSubmodule(Path at) {
    String in = at.toString();
    git("-C", in, "switch", "-q", "-c", NO_SUBMODULE);
    git("-C", in, "config", "-f", ".gitmodules", "submodule.deps/gone.path", "deps/gone");
    git("-C", in, "config", "-f", ".gitmodules", "submodule.deps/gone.url", "../gone");
    git("-C", in, "add", ".gitmodules");
    String link = "160000,0123456789012345678901234567890123456789,deps/gone";
    git("-C", in, "update-index", "--add", "--cacheinfo", link);
    git("-C", in, "commit", "-q", "-m", "A submodule that is nowhere");
    git("-C", in, "switch", "-q", "main");
  }

  private static void git(String... arguments) {
    Command.of("git", "-c", "user.name=Test", "-c", "user.email=test@example.org")
        .and(arguments)
        .check();
  }

  /// Commits a file's new text to a branch of the repository, which is made from `main`.
  public void commit(String branch, String path, String text) {
    String in = repository.toString();
    boolean there = Command.of("git", "-C", in, "rev-parse", "-q", "--verify", branch).run().ok();
    if (there) {
      git("-C", in, "switch", "-q", branch);
    } else {
      git("-C", in, "switch", "-q", "-c", branch);
    }
    try {
      Path file = repository.resolve(path);
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    git("-C", in, "add", path);
    git("-C", in, "commit", "-q", "-m", "Change " + path);
    git("-C", in, "switch", "-q", "main");
  }

  /// The state directory of everything, the host's among it.
  public Path dir() {
    return dir;
  }

  /// The configuration of the host.
  public Path hostConfig() {
    return dir.resolve("host-1/bakehouse.yml");
  }

  public Coordinator coordinator() {
    return fleet.coordinator();
  }

  public String registrationToken() throws IOException {
    return Files.readString(fleet.coordinator().registrationToken()).strip();
  }

  /// Runs the steps as one build, side by side as slots allow.
  ///
  /// @return by key, in the order of the steps, those that a step uploaded among them
  public Map<String, Result> run(List<Step> steps) {
    return run("main", steps);
  }

  /// As [#run(List)], of another branch of the repository, for example [#NO_SUBMODULE].
  public Map<String, Result> run(String branch, List<Step> steps) {
    return run(branch, Map.of(), steps);
  }

  /// A build that waits for a person in the end is cancelled.
  ///
  /// @param env of the build, for example what makes it one of a pull request
  public Map<String, Result> run(String branch, Map<String, String> env, List<Step> steps) {
    for (Step step : steps) {
      switch (step.where()) {
        case TART -> tart();
        case TART_LINUX -> tartLinux();
        default -> {}
      }
    }
    List<Object> wire = new ArrayList<>();
    for (Step step : steps) {
      String queue =
          switch (step.where()) {
            case VM -> "vm";
            case TART -> "tart";
            case TART_LINUX -> "tart-linux";
            case PLAIN -> "plain";
            case PLAIN_WITHOUT_TERMINAL -> "plain-no-pty";
          };
      wire.add(
          Map.of(
              "key", step.key(),
              "command", step.command(),
              "env", step.env(),
              "agents", Map.of("queue", queue),
              "timeout_in_minutes", 6));
    }
    String json = JsonMapper.builder().build().writeValueAsString(Map.of("steps", wire));
    Map<String, Result> results = runPipeline(branch, env, json);
    assertThat(results).containsKeys(steps.stream().map(Step::key).toArray(String[]::new));
    return results;
  }

  /// Runs steps that are more than a command.
  ///
  /// @param pipeline YAML; steps name the queue `vm` or `plain`
  public Map<String, Result> runPipeline(String branch, Map<String, String> env, String pipeline) {
    BuildRequest request =
        new BuildRequest("test", repository.toString(), "HEAD", branch, "A test", env);
    // Else the branch of whichever test came first were the main one.
    coordinator().definePipeline("test", repository.toString(), "main");
    BuildView build =
        fleet.build(
            request,
            Pipeline.parse("test", pipeline),
            new BuildConsole(System.out, false)
                .andThen(new Answers(fleet.coordinator(), Map.of(), null, System.out)));
    Map<String, Result> results = new LinkedHashMap<>();
    for (JobView job : build.jobs()) {
      if (job.key() != null && !job.retried()) {
        byte[] log = new LogText().filter(fleet.coordinator().log(job.id()));
        results.put(job.key(), new Result(job, new String(log, StandardCharsets.UTF_8)));
      }
    }
    return results;
  }

  /// What several tests compare with, made by the first of them.
  ///
  /// @param name of these results, one for the whole run of the tests
  public synchronized Map<String, Result> once(String name, Supplier<Map<String, Result>> results) {
    return shared.computeIfAbsent(name, _ -> results.get());
  }

  @Override
  public void close() {
    agents.forEach(agent -> Processes.killTree(agent.toHandle()));
    tart.values().forEach(TartHost::close);
    fleet.close();
  }
}
