package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.buildkite.AgentInfo;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.coordinator.LogText;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.Log;
import dev.bakehouse.image.Transfer;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.oci.Credentials;
import dev.bakehouse.oci.DiskFixture;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.Threads;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import tools.jackson.databind.json.JsonMapper;

/// A host whose agents are real, but run their jobs without a VM, with a coordinator. Its images
/// are small directories.
final class Oven implements AutoCloseable {
  static final Duration LONG = Duration.ofSeconds(60);

  final Path dir;
  final Path state;
  final Coordinator coordinator;
  final Orders orders;
  private final Path repository;
  private HostDaemon daemon;
  private CompletableFuture<Void> running;

  Oven(Path dir) throws IOException {
    this.dir = dir;
    this.state = Files.createDirectories(dir.resolve("host"));
    this.orders = new Orders(state);
    this.coordinator = Coordinator.start(Config.of(0, dir.resolve("coordinator")).infraRetries(0));
    this.repository = dir.resolve("repository");
    Command git = Command.of("git", "-c", "user.name=T", "-c", "user.email=t@example.org");
    git.and("init", "-q", "-b", "main", repository.toString()).check();
    git.and("-C", repository.toString(), "commit", "-q", "--allow-empty", "-m", "First").check();
  }

  ImageStore store() {
    return new ImageStore(state.resolve("images"));
  }

  /// @param host more of the configuration's `host` section
  HostSettings settings(int slots, String host) throws IOException {
    Path agent = dir.resolve("plain-agent");
    // The agent's own flags win over its configuration file.
    Files.writeString(
        agent,
        "#!/bin/sh\nexec '%s' \"$@\" --bootstrap-script '%s bootstrap'\n"
            .formatted(Programs.path("buildkite-agent"), Programs.path("buildkite-agent")));
    assertThat(agent.toFile().setExecutable(true)).isTrue();
    Path file = state.resolve("bakehouse.yml");
    Files.writeString(
        file,
        """
        host: {name: oven-a, state: '%s', slots: %d, image: first%s}
        agent:
          binary: '%s'
          endpoint: '%s'
          token-file: '%s'
          cancel-grace-seconds: 2
          tags: {queue: vm, os: macos, arch: arm64}
        vm: {hypervisor: qemu, start: boot}
        """
            .formatted(
                state,
                slots,
                host,
                agent,
                coordinator.agentEndpoint(),
                coordinator.registrationToken()));
    return HostSettings.read(file);
  }

  /// The same with agents that run their jobs as in production.
  HostSettings real(HostSettings settings) throws IOException {
    String text = Files.readString(settings.file());
    Files.writeString(
        settings.file(), text.replace(settings.agent().binary(), Programs.path("buildkite-agent")));
    return HostSettings.read(settings.file());
  }

  void start(HostSettings settings) throws IOException {
    PrintStream log = new PrintStream(Files.newOutputStream(state.resolve("host.log")), true);
    daemon = new HostDaemon(settings, log);
    running =
        CompletableFuture.runAsync(
            () -> {
              try {
                daemon.run();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            },
            Threads::start);
  }

  /// A daemon of its own process, which can be killed.
  Guarded process(HostSettings settings) {
    return Guardian.of(
            Command.of(Self.argv("host", "run", "--config", settings.file().toString())),
            state,
            state.resolve("host.log"),
            state.resolve("host.pid"))
        .grace(Duration.ofSeconds(40))
        .start();
  }

  void stop() {
    daemon.stop();
    running.join();
  }

  /// Connected agents; never two of one slot.
  List<AgentInfo> agents() {
    RestClient rest =
        RestClient.of(
            URI.create(coordinator.address() + "/v2"), "bakehouse", coordinator.apiToken());
    List<AgentInfo> all = rest.agents();
    Set<String> names = new HashSet<>();
    for (AgentInfo agent : all) {
      if (!names.add(agent.name())) {
        throw new AssertionError("two agents of a slot: " + all);
      }
    }
    return all;
  }

  /// Waits until the connected agents have all these tags.
  void await(int count, String... tags) {
    await(
        count + " agents with " + List.of(tags),
        all ->
            all.size() == count
                && all.stream().allMatch(a -> a.metaData().containsAll(List.of(tags))));
  }

  void await(String what, Predicate<List<AgentInfo>> wanted) {
    StringBuilder last = new StringBuilder();
    try {
      Object _ =
          Poll.until(
              what,
              LONG,
              () -> {
                List<AgentInfo> all = agents();
                last.setLength(0);
                last.append(all);
                return wanted.test(all) ? Optional.of(true) : Optional.empty();
              });
    } catch (Poll.TimedOut e) {
      throw new AssertionError(what + ", but there are " + last, e);
    }
  }

  String create(String command, Map<String, String> agents) {
    Map<String, Object> step =
        Map.of("key", "step", "command", command, "agents", agents, "timeout_in_minutes", 5);
    String json = JsonMapper.builder().build().writeValueAsString(Map.of("steps", List.of(step)));
    BuildRequest request =
        new BuildRequest("test", repository.toString(), "HEAD", "main", "A test", Map.of());
    return coordinator.create(request, Pipeline.parse("test", json));
  }

  BuildView ended(String build) {
    return Poll.until(
        "the build's end",
        LONG,
        () -> Optional.of(coordinator.build(build)).filter(BuildView::ended));
  }

  String log(BuildView build) {
    byte[] log = coordinator.log(build.jobs().getFirst().id());
    return new String(new LogText().filter(log), StandardCharsets.UTF_8);
  }

  static void await(Path file) {
    Object _ =
        Poll.until(
            file.toString(), LONG, () -> Files.exists(file) ? Optional.of(true) : Optional.empty());
  }

  /// An image of random bytes in a layout.
  ///
  /// @return its reference
  String pushed(String tag, int seed, Map<String, String> labels) throws IOException {
    Path maker = dir.resolve("maker");
    ImageStore store = new ImageStore(maker.resolve("images"));
    var _ = store.adopt("made", DiskFixture.make(dir.resolve("vm-" + tag), seed), labels, "test");
    String reference = reference(tag);
    Path none = Path.of("/nonexistent");
    Credentials credentials = new Credentials(Map.of(), none, none, none, List.of());
    Repositories repositories = new Repositories(credentials, true, maker.resolve("up"));
    Log log = new Log(System.out);
    var _ =
        new Transfer(store, repositories, log)
            .push("made", Reference.parse(reference), List.of(tag));
    return reference;
  }

  String reference(String tag) {
    return "oci:" + dir.resolve("layout") + ":" + tag;
  }

  @Override
  public void close() {
    if (daemon != null) {
      stop();
    }
    coordinator.close();
  }
}
