package dev.bakehouse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.coordinator.JobState;
import dev.bakehouse.coordinator.JobView;
import dev.bakehouse.coordinator.LogText;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Processes.Identity;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.Endpoint;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.VmInfo;
import dev.bakehouse.vm.qemu.QemuHypervisor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// A coordinator in this process and one host of two slots as a daemon of its own, with real agents
/// and real VMs of a full guest image.
///
/// The image is the directory named by the property or variable `bakehouse.test.image`
/// (`BAKEHOUSE_TEST_IMAGE`), an image of a local store.
public final class KillFixture implements AutoCloseable {
  /// A VM boots, or two run side by side in emulation.
  static final Duration PATIENCE = Duration.ofMinutes(4);

  private static final String HOST = "oven";

  final Coordinator coordinator;
  final QemuHypervisor qemu;
  private final Path dir;
  private final Path repository;
  private final Path config;
  private final List<String> builds = new ArrayList<>();
  private Process daemon;

  KillFixture(Path dir) throws IOException {
    this(dir, "");
  }

  /// @param vm more of the `vm` section, `, KEY: VALUE` each
  KillFixture(Path dir, String vm) throws IOException {
    this(dir, vm, "");
  }

  /// @param host more of the `host` section, in the same form
  KillFixture(Path dir, String vm, String host) throws IOException {
    this.dir = dir;
    Path state = Files.createDirectories(state());
    this.coordinator =
        Coordinator.start(
            Config.of(0, dir.resolve("coordinator")).lostAfter(Duration.ofSeconds(20)));
    this.repository = repository(dir.resolve("repository"));
    this.qemu = new QemuHypervisor(state);
    this.config =
        Files.writeString(
            dir.resolve("bakehouse.yml"),
            hostConfig(state)
                    .replace("disk-gb: 4", "disk-gb: 4" + vm)
                    .replace("slots: 2", "slots: 2" + host)
                + """
                agent: {binary: buildkite-agent, endpoint: '%s', token-file: '%s'}
                """
                    .formatted(coordinator.agentEndpoint(), coordinator.registrationToken()));
    startDaemon();
  }

  /// The guest image's directory; fails without one.
  public static Path image() {
    String directory =
        Optional.ofNullable(System.getProperty("bakehouse.test.image"))
            .or(() -> Optional.ofNullable(System.getenv("BAKEHOUSE_TEST_IMAGE")))
            .orElse("");
    assertThat(Path.of(directory, "image.json"))
        .as("-Dbakehouse.test.image=DIR must name an image; `bakehouse image build` makes one")
        .isRegularFile();
    return Path.of(directory).toAbsolutePath();
  }

  /// The `host` and `vm` sections of a small host.
  public static String hostConfig(Path state) {
    return hostConfig(state, image().getFileName().toString());
  }

  /// The same with another image.
  public static String hostConfig(Path state, String image) {
    return """
    host: {name: %s, state: '%s', slots: 2, image: %s, images: '%s'}
    vm: {hypervisor: qemu, cpus: 1, memory-mb: 1024, disk-gb: 4}
    """
        .formatted(HOST, state, image, image().getParent());
  }

  static Path repository(Path at) {
    Command.of("git", "init", "-q", "-b", "main", at.toString()).check();
    Command.of("git", "-c", "user.name=T", "-c", "user.email=t@example.org", "-C", at.toString())
        .and("commit", "-q", "--allow-empty", "-m", "First")
        .check();
    return at;
  }

  Path state() {
    return dir.resolve("host");
  }

  Path config() {
    return config;
  }

  Path daemonLog() {
    return dir.resolve("daemon.log");
  }

  /// Starts the daemon; returns when both agents run.
  void startDaemon() throws IOException {
    startDaemon("agent " + HOST + ".2 runs");
  }

  /// The same, until its log has all these words.
  void startDaemon(String... words) throws IOException {
    Files.deleteIfExists(daemonLog());
    daemon =
        Command.of(Self.argv("host", "run", "--config", config.toString())).startInto(daemonLog());
    await(
        "the agents",
        PATIENCE,
        () -> {
          assertThat(daemon.isAlive()).as("the daemon: " + read(daemonLog())).isTrue();
          return Stream.of(words).allMatch(read(daemonLog())::contains);
        });
  }

  Process daemon() {
    return daemon;
  }

  /// A build of one command.
  String start(String key, String command) {
    return start("steps: [{key: %s, command: '%s'}]".formatted(key, command.replace("'", "''")));
  }

  String start(String yaml) {
    return startAt("HEAD", yaml);
  }

  String startAt(String commit, String yaml) {
    String id =
        coordinator.create(
            new BuildRequest("test", repository.toString(), commit, "main", "A test", Map.of()),
            Pipeline.parse("pipeline.yml", yaml));
    builds.add(id);
    return id;
  }

  /// The newest attempt of a build's only job.
  JobView job(String build) {
    return coordinator.build(build).jobs().stream()
        .filter(job -> !job.retried())
        .findFirst()
        .orElseThrow();
  }

  String log(JobView job) {
    return new String(new LogText().filter(coordinator.log(job.id())), StandardCharsets.UTF_8);
  }

  /// Waits until the job's log has the text, which must not stand in its command.
  JobView awaitLog(String build, String text) {
    return Poll.until(
        "`" + text + "` in a job's log",
        PATIENCE,
        () -> {
          JobView job = job(build);
          if (job.state().ended()) {
            throw new Poll.Fatal("the job ended: " + job + "\n" + log(job), "See its log.");
          }
          return Optional.of(job).filter(j -> log(j).contains(text));
        });
  }

  JobView awaitState(String build, JobState state) {
    return Poll.until(
        "a job " + state,
        PATIENCE,
        () -> Optional.of(job(build)).filter(job -> job.state() == state));
  }

  BuildView awaitEnd(String build) {
    return Poll.until(
        "the build's end",
        PATIENCE,
        () -> Optional.of(coordinator.build(build)).filter(BuildView::ended));
  }

  /// The agent that runs a job.
  Identity agent(JobView job) {
    String name = String.valueOf(job.agent());
    int slot = Integer.parseInt(name.substring(name.lastIndexOf('.') + 1)) - 1;
    return Identity.read(state().resolve("agents/" + slot + "/agent.pid")).orElseThrow();
  }

  /// The process the agent started for a job.
  Identity bootstrap(JobView job) {
    return Poll.until(
        "the bootstrap of " + job.id(),
        PATIENCE,
        () ->
            agent(job)
                .alive()
                .flatMap(agent -> agent.children().filter(KillFixture::isBootstrap).findFirst())
                .map(Processes::identity));
  }

  /// Before it the agent starts its hook `pre-bootstrap`.
  private static boolean isBootstrap(ProcessHandle child) {
    String args =
        Command.of("ps", "-ww", "-o", "args=", "-p", String.valueOf(child.pid())).run().text();
    return args.contains("/bootstrap.pl") || args.strip().endsWith(" job bootstrap");
  }

  /// The VM that lives for a process, once it is there.
  VmInfo vmOf(Identity owner) {
    return Poll.until(
        "the VM of " + owner.text(),
        PATIENCE,
        () ->
            qemu.list().stream()
                .filter(vm -> vm.owner().equals("pid " + owner.pid()))
                .filter(vm -> !vm.name().startsWith("template"))
                .findFirst());
  }

  /// A running job with its VM.
  Running running(JobView job) {
    Identity bootstrap = bootstrap(job);
    VmInfo vm = vmOf(bootstrap);
    Identity hypervisor =
        Identity.read(state().resolve("vms").resolve(vm.name()).resolve("qemu.id")).orElseThrow();
    Endpoint ssh = qemu.find(vm.name()).orElseThrow().ssh(Duration.ofSeconds(20));
    return new Running(agent(job), bootstrap, hypervisor, vm.name(), ssh.port());
  }

  record Running(Identity agent, Identity bootstrap, Identity qemu, String vm, int sshPort) {}

  /// Waits until a VM left nothing behind.
  void awaitNoTrace(Running job, Duration deadline) {
    Poll.until(
        "the end of every trace of " + job.vm(),
        deadline,
        () -> {
          List<String> left = new ArrayList<>();
          job.bootstrap().alive().ifPresent(p -> left.add("bootstrap " + p.pid()));
          job.qemu().alive().ifPresent(p -> left.add("QEMU " + p.pid()));
          traces(job.vm()).forEach(file -> left.add(file.toString()));
          if (Ports.listening(job.sshPort())) {
            left.add("port " + job.sshPort());
          }
          if (!left.isEmpty()) {
            throw new IllegalStateException("there is still " + left);
          }
          return Optional.of(true);
        });
  }

  /// Files of the state directory that have the VM's name, remains of dead VMs, and short links to
  /// any of them.
  private List<Path> traces(String vm) throws IOException {
    List<Path> found = new ArrayList<>();
    for (String room : List.of("vms", "connections", "templates")) {
      try (var entries = Files.list(state().resolve(room))) {
        entries
            .filter(
                p -> {
                  String name = p.getFileName().toString();
                  return name.equals(vm) || name.startsWith(".dead-");
                })
            .forEach(found::add);
      }
    }
    try (var links = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      for (Path link : links.filter(Files::isSymbolicLink).toList()) {
        Path target = Files.readSymbolicLink(link);
        if (target.startsWith(state()) && target.toString().contains(vm)) {
          found.add(link);
        }
      }
    }
    return found;
  }

  /// Cancels what runs and waits until no VM is left.
  void settle() throws IOException {
    if (!daemon.isAlive()) {
      startDaemon();
    }
    builds.forEach(coordinator::cancel);
    builds.forEach(this::awaitEnd);
    builds.clear();
    await("the end of all VMs", PATIENCE, () -> qemu.list().isEmpty());
  }

  static void await(String what, Duration deadline, Supplier<Boolean> question) {
    Poll.until(what, deadline, () -> Optional.of(true).filter(_ -> question.get()));
  }

  static String read(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public void close() {
    daemon.destroy();
    await("the daemon's end", PATIENCE, () -> !daemon.isAlive());
    coordinator.close();
    qemu.list().forEach(vm -> qemu.find(vm.name()).ifPresent(Vm::destroy));
  }
}
