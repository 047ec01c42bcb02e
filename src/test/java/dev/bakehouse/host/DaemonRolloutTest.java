package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.coordinator.JobView;
import dev.bakehouse.coordinator.LogText;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.platform.Self;
import dev.bakehouse.rollout.HostState;
import dev.bakehouse.rollout.StateFile;
import dev.bakehouse.vm.GuestImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/// The real daemon with real agents and guests, and a layout that holds two images.
@Tag("vm")
@Tag("agent")
class DaemonRolloutTest {
  private static final Duration LONG = Duration.ofMinutes(6);

  @TempDir Path dir;
  private Path state;
  private Coordinator coordinator;

  @Test
  void theNextJobRunsInThePromotedImageAndARunningOneEndsInItsOwn() throws Exception {
    state = Files.createDirectories(dir.resolve("host"));
    ImageStore store = new ImageStore(state.resolve("images"));
    LocalImage old = store.adopt("first", GuestImage.directory(), Map.of(), "test");
    pushed("1.0", old.directory());
    pushed("2.0", marked());
    repository();
    String key = keygen();
    coordinator = Coordinator.start(Config.of(0, dir.resolve("coordinator")).infraRetries(0));
    try (Guarded daemon = daemon(key)) {
      assertThat(log(build("which", "cat /etc/which || echo original"))).contains("original");
      promote("1.0");
      assertThat(inForce("1.0").orElseThrow().name()).startsWith("image-");

      String running =
          create(
              "long",
              "trap 'cat /etc/which || echo original; exit 0' TERM;"
                  + " echo began; while :; do sleep 0.2; done");
      Poll.until("the long job", LONG, () -> began(running));
      promote("2.0");
      assertThat(inForce("2.0")).isPresent();
      assertThat(log(build("which", "cat /etc/which"))).contains("the second image");
      coordinator.cancel(running);
      assertThat(text(follow(running))).contains("original").doesNotContain("the second");

      ok("image", "rollback", "--config", config().toString());
      assertThat(inForce("1.0")).isPresent();
      assertThat(log(build("which", "cat /etc/which || echo original"))).contains("original");
      assertThat(daemon.alive()).isTrue();
      assertThat(store.list().stream().filter(LocalImage::pinned)).hasSize(2);
    } finally {
      coordinator.close();
    }
  }

  private Path marked() throws IOException {
    Path copy = dir.resolve("second");
    Files.createDirectories(copy);
    Command.of("cp", "--sparse=always", "-r", GuestImage.directory() + "/.", copy.toString())
        .check();
    Path text = Files.writeString(dir.resolve("which"), "the second image\n");
    Command.of(Programs.path("debugfs"), "-w", "-R", "write " + text + " /etc/which")
        .and(copy.resolve("disk.img").toString())
        .check();
    return copy;
  }

  private void pushed(String tag, Path directory) {
    String maker = dir.resolve("maker").toString();
    ok("image", "import", "image-" + tag, directory.toString(), "--state", maker);
    String reference = "oci:" + dir.resolve("layout/image") + ":" + tag;
    ok("image", "push", "image-" + tag, reference, "--state", maker);
  }

  private String keygen() {
    String json =
        ok("image", "rollout", "keygen", "--json", "--out", dir.resolve("key").toString());
    return new JsonMapper().readTree(json).path("publicKey").asString();
  }

  private Path config() {
    return state.resolve("bakehouse.yml");
  }

  private Guarded daemon(String key) throws IOException {
    Files.writeString(
        config(),
        """
        host: {name: oven-a, state: '%s', slots: 2, image: first}
        agent: {binary: buildkite-agent, endpoint: '%s', token-file: '%s', tags: {queue: vm}}
        cache: {store: 'dir:%s'}
        vm: {hypervisor: qemu, cpus: 1, memory-mb: 1024, disk-gb: 4, connect-seconds: 180}
        image:
          rollout:
            repository: 'oci:%s'
            key-file: '%s'
            public-key: '%s'
            poll-seconds: 1
        """
            .formatted(
                state,
                coordinator.agentEndpoint(),
                coordinator.registrationToken(),
                dir.resolve("cache"),
                dir.resolve("layout/image"),
                dir.resolve("key"),
                key));
    Command command = Command.of(Self.argv("host", "run", "--config", config().toString()));
    Path log = state.resolve("host.log");
    return Guardian.of(command, state, log, state.resolve("host.pid"))
        .grace(Duration.ofSeconds(30))
        .start();
  }

  private void promote(String tag) {
    String text = ok("image", "promote", tag, "--percent", "100", "--config", config().toString());
    assertThat(text).contains("current    " + tag).contains("this host  oven-a");
  }

  private Optional<HostState.InForce> inForce(String tag) {
    StateFile file = new StateFile(state);
    return Optional.of(
        Poll.until(
            tag + " to be in force (see " + state.resolve("host.log") + ")",
            LONG,
            () -> file.load().inForce().filter(now -> now.target().name().equals(tag))));
  }

  private Optional<Boolean> began(String build) {
    String text = text(coordinator.build(build));
    return text.lines().anyMatch(line -> line.strip().equals("began"))
        ? Optional.of(true)
        : Optional.empty();
  }

  private String create(String key, String command) {
    Map<String, Object> step =
        Map.of(
            "key",
            key,
            "command",
            command,
            "agents",
            Map.of("queue", "vm"),
            "timeout_in_minutes",
            6);
    String json = JsonMapper.builder().build().writeValueAsString(Map.of("steps", List.of(step)));
    String repository = dir.resolve("repository").toString();
    BuildRequest request = new BuildRequest("test", repository, "HEAD", "main", "A test", Map.of());
    return coordinator.create(request, Pipeline.parse("test", json));
  }

  private BuildView build(String key, String command) throws InterruptedException {
    return follow(create(key, command));
  }

  private BuildView follow(String id) throws InterruptedException {
    return coordinator.follow(id, event -> {});
  }

  private String log(BuildView build) {
    String text = text(build);
    assertThat(build.passed()).as(text).isTrue();
    return text;
  }

  private String text(BuildView build) {
    JobView job = build.jobs().getFirst();
    return new String(new LogText().filter(coordinator.log(job.id())), StandardCharsets.UTF_8);
  }

  private void repository() throws IOException {
    Path at = dir.resolve("repository");
    Command git = Command.of("git", "-c", "user.name=T", "-c", "user.email=t@example.org");
    git.and("init", "-q", "-b", "main", at.toString()).check();
    Files.writeString(at.resolve("file.txt"), "content\n");
    git.and("-C", at.toString(), "add", "--all").check();
    git.and("-C", at.toString(), "commit", "-q", "-m", "First").check();
  }

  private static String ok(String... arguments) {
    var outcome = Command.of(Self.argv(arguments)).deadline(LONG).run();
    assertThat(outcome.status()).as(new String(outcome.err(), StandardCharsets.UTF_8)).isZero();
    return outcome.text();
  }
}
