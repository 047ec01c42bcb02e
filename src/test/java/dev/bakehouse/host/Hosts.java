package dev.bakehouse.host;

import dev.bakehouse.buildkite.AgentInfo;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.Log;
import dev.bakehouse.image.Transfer;
import dev.bakehouse.oci.Credentials;
import dev.bakehouse.oci.DiskFixture;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.platform.Self;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/// Several hosts, each a daemon of its own process with two real agents, and a coordinator. A job's
/// command runs in the place of a VM without one, once its host's image was found there, and it is
/// written down where and when. Host commands run as in production.
public final class Hosts implements AutoCloseable {
  static final String IMAGE = "first";
  static final int SLOTS = 2;

  private static final Duration LONG = Duration.ofMinutes(3);
  private static final Duration LOST = Duration.ofSeconds(6);

  public final Coordinator coordinator;
  private final Path dir;
  private final Path repository;
  private final Map<String, Guarded> running = new LinkedHashMap<>();

  /// What became of a job.
  ///
  /// @param event `prepares` of host commands; `began`, `ended` or `missing`, its image
  /// @param millis since 1970
  record Entry(String host, String step, String job, String event, long millis) {}

  /// @param yaml the repository's `bakehouse.yml`
  public Hosts(Path dir, String yaml) throws IOException {
    this.dir = Files.createDirectories(dir);
    Config config = Config.of(0, dir.resolve("coordinator")).infraRetries(0).lostAfter(LOST);
    this.coordinator = Coordinator.start(config);
    this.repository = dir.resolve("repository");
    Command git = Command.of("git", "-c", "user.name=T", "-c", "user.email=t@example.org");
    git.and("init", "-q", "-b", "main", repository.toString()).check();
    Files.writeString(repository.resolve("bakehouse.yml"), yaml);
    git.and("-C", repository.toString(), "add", ".").check();
    git.and("-C", repository.toString(), "commit", "-q", "-m", "First").check();
    Files.createFile(dir.resolve("ledger"));
    program(
        "meet",
        """
        # meet NAME OTHER…: says that it runs, and ends when the others have said so.
        touch '%1$s/met.'"$BAKEHOUSE_TARGET.$1"
        shift
        for other; do while [ ! -e '%1$s/met.'"$other" ]; do sleep 0.1; done; done
        """
            .formatted(dir));
    program(
        "in-place-of-a-vm",
        """
        note() { echo "$1 $BUILDKITE_STEP_KEY $BUILDKITE_JOB_ID $2 $(date +%%s%%3N)" >>'%1$s/ledger'; }
        case $BUILDKITE_COMMAND in bakehouse*)
          note "$1" prepares
          while [ ! -e '%1$s/met.prepare' ]; do sleep 0.1; done
          exec perl -T "$2/bootstrap.pl"
        esac
        [ -s "$3/%2$s/disk.img" ] || { note "$1" missing; exit 1; }
        note "$1" began
        bash -c "$BUILDKITE_COMMAND"; status=$?
        note "$1" ended
        exit $status
        """
            .formatted(dir, IMAGE));
  }

  private void program(String name, String script) throws IOException {
    Path file = Files.writeString(dir.resolve(name), "#!/bin/bash\n" + script);
    Directories.writeProgram(file, Files.readAllBytes(file));
  }

  /// What [#program] `meet` is to be called as.
  static String meet(Path dir, String name, String... others) {
    return "'" + dir.resolve("meet") + "' " + name + " " + String.join(" ", others);
  }

  /// Lets those go on that wait for this.
  void met(String name) throws IOException {
    Files.createFile(dir.resolve("met." + name));
  }

  /// An image in a layout that nobody sees before [#publish].
  void image() throws IOException {
    ImageStore maker = new ImageStore(dir.resolve("maker"));
    var _ = maker.adopt("made", DiskFixture.make(dir.resolve("vm"), 1), Map.of(), "test");
    var _ =
        new Transfer(maker, repositories(), log())
            .push("made", Reference.parse(reference("hidden")), List.of("1.0"));
  }

  void publish() throws IOException {
    Files.move(dir.resolve("hidden"), dir.resolve("layout"));
  }

  /// Gives a host the image that is not published yet.
  void give(String host) {
    ImageStore store = new ImageStore(state(host).resolve("images"));
    var _ =
        new Transfer(store, repositories(), log())
            .pull(Reference.parse(reference("hidden")), IMAGE, false);
  }

  private Repositories repositories() {
    Path none = Path.of("/nonexistent");
    Credentials credentials = new Credentials(Map.of(), none, none, none, List.of());
    return new Repositories(credentials, true, dir.resolve("up"));
  }

  private static Log log() {
    return new Log(System.out);
  }

  private String reference(String layout) {
    return "oci:" + dir.resolve(layout) + ":1.0";
  }

  private Path state(String host) {
    return dir.resolve(host);
  }

  /// Starts a host's daemon, also once more.
  void start(String host) throws IOException {
    Path state = Files.createDirectories(state(host));
    String agent = Programs.path("buildkite-agent");
    // The agent's own flags win over its configuration file, which is its third argument.
    program(
        host + "-agent",
        """
        exec '%s' "$@" --bootstrap-script "'%s/in-place-of-a-vm' %s '$(dirname "$3")' '%s/images'"
        """
            .formatted(agent, dir, host, state));
    Path file = state.resolve("bakehouse.yml");
    Files.writeString(
        file,
        """
        host: {name: %s, state: '%s', slots: %d, image: %s, image-source: '%s'}
        agent:
          binary: '%s-agent'
          endpoint: '%s'
          token-file: '%s'
          cancel-grace-seconds: 2
          tags: {queue: darwin, os: macos, arch: arm64}
        vm: {hypervisor: qemu, start: boot}
        """
            .formatted(
                host,
                state,
                SLOTS,
                IMAGE,
                reference("layout"),
                dir.resolve(host),
                coordinator.agentEndpoint(),
                coordinator.registrationToken()));
    running.put(
        host,
        Guardian.of(
                Command.of(Self.argv("host", "run", "--config", file.toString())),
                state,
                state.resolve("host.log"),
                state.resolve("host.pid"))
            .grace(LONG)
            .start());
  }

  /// The host's power is gone: daemon, agents and their jobs end at once.
  void kill(String host) {
    Guarded daemon = running.get(host);
    daemon.identity().alive().ifPresent(Processes::killTree);
    daemon.close();
  }

  public String create(String json) {
    BuildRequest request =
        new BuildRequest("test", repository.toString(), "HEAD", "main", "A test", Map.of());
    return coordinator.create(request, Pipeline.parse("test", json));
  }

  public BuildView ended(String build) throws IOException {
    await("the build's end", () -> coordinator.build(build).ended());
    return coordinator.build(build);
  }

  /// How many connected agents have a tag.
  long agents(String tag) {
    URI rest = URI.create(coordinator.address() + "/v2");
    List<AgentInfo> all = RestClient.of(rest, "bakehouse", coordinator.apiToken()).agents();
    return all.stream().filter(agent -> agent.metaData().contains(tag)).count();
  }

  List<Entry> ledger() {
    try {
      return Files.readAllLines(dir.resolve("ledger")).stream()
          .map(line -> line.split(" "))
          .map(w -> new Entry(w[0], w[1], w[2], w[3], Long.parseLong(w[4])))
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /// Those of the steps whose keys begin and end so.
  List<Entry> ledger(String event, String begin, String end) {
    return ledger().stream()
        .filter(e -> e.event.equals(event) && e.step.startsWith(begin) && e.step.endsWith(end))
        .toList();
  }

  public void await(String what, BooleanSupplier holds) throws IOException {
    try {
      var _ = Poll.until(what, LONG, () -> Optional.of(1).filter(_ -> holds.getAsBoolean()));
    } catch (Poll.TimedOut e) {
      StringBuilder all = new StringBuilder(what + " did not come\n");
      all.append(coordinator.builds("test")).append('\n').append(ledger()).append('\n');
      try (Stream<Path> logs = Files.find(dir, 2, (path, _) -> path.endsWith("host.log"))) {
        for (Path log : logs.toList()) {
          all.append(Files.readString(log, StandardCharsets.UTF_8));
        }
      }
      throw new AssertionError(all.toString(), e);
    }
  }

  @Override
  public void close() {
    running.values().forEach(Guarded::letGo);
    running.values().forEach(Guarded::close);
    coordinator.close();
  }
}
