package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.oci.LayoutRepository;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.platform.Self;
import dev.bakehouse.rollout.HostState.InForce;
import dev.bakehouse.rollout.StateFile;
import dev.bakehouse.vm.GuestImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/// The real daemon, which nobody asks to build an image.
@Tag("vm")
@Tag("agent")
class DaemonRefreshTest {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final String ARCH =
      System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";

  @TempDir Path dir;
  private Path state;

  @Test
  void theImageIsBuiltTriedRolledOutAndInForceByItself() throws Exception {
    state = Files.createDirectories(dir.resolve("host"));
    ImageStore store = new ImageStore(state.resolve("images"));
    LocalImage _ = store.adopt("first", GuestImage.directory(), Map.of(), "test");
    repository();
    try (Coordinator coordinator = Coordinator.start(Config.of(0, dir.resolve("coordinator")));
        Guarded daemon = daemon(coordinator)) {
      Poll.until("the refresh (see " + state.resolve("host.log") + ")", LONG, this::refreshed);
      assertThat(daemon.alive()).isTrue();
      InForce now = new StateFile(state).load().inForce().orElseThrow();
      assertThat(now.target().name()).startsWith("1.2.14-");
      Path disk = store.get(now.name()).disk();
      assertThat(debugfs(disk, "cat /etc/made")).isEqualTo("made by the daemon");
      String place = ARCH.equals("arm64") ? "layout/image" : "layout/image-15-amd64";
      assertThat(new LayoutRepository(dir.resolve(place)).tags())
          .contains("1.2.14", "latest", "rollout", "rollout-host-oven-a");
      assertThat(state.resolve("checkouts/refresh")).doesNotExist();
    }
  }

  private Optional<Boolean> refreshed() {
    return Files.exists(state.resolve("refreshed")) ? Optional.of(true) : Optional.empty();
  }

  private Guarded daemon(Coordinator coordinator) throws IOException {
    Path file = state.resolve("bakehouse.yml");
    Files.writeString(
        file,
        """
        host: {name: oven-a, state: '%s', slots: 2, image: first}
        agent: {binary: buildkite-agent, endpoint: '%s', token-file: '%s', tags: {queue: vm}}
        cache: {store: 'dir:%s'}
        vm: {hypervisor: qemu, cpus: 1, memory-mb: 1024, disk-gb: 4, connect-seconds: 180}
        image:
          registry: 'oci:%s'
          name: image
          arch: %s
          base: first
          bootstrap-script: boot.sh
          smoke: ['test -e /etc/made']
          size: {cpus: 1, memory-mb: 1024, disk-gb: 4}
          deadlines: {boot: 300, address: 300, ssh: 300}
          rollout: {key-file: '%s', public-key: '%s', poll-seconds: 1, step-minutes: 0}
          refresh: {every: 6h, repository: '%s'}
        """
            .formatted(
                state,
                coordinator.agentEndpoint(),
                coordinator.registrationToken(),
                dir.resolve("cache"),
                dir.resolve("layout"),
                ARCH,
                dir.resolve("key"),
                keygen(),
                dir.resolve("repository")));
    return Guardian.of(
            Command.of(Self.argv("host", "run", "--config", file.toString())),
            state,
            state.resolve("host.log"),
            state.resolve("host.pid"))
        .grace(Duration.ofSeconds(30))
        .start();
  }

  private String keygen() {
    Path key = dir.resolve("key");
    Outcome keys =
        Command.of(Self.argv("image", "rollout", "keygen", "--json", "--out", key.toString()))
            .check();
    return new JsonMapper().readTree(keys.text()).path("publicKey").asString();
  }

  private void repository() throws IOException {
    Path at = dir.resolve("repository");
    Command git = Command.of("git", "-c", "user.name=T", "-c", "user.email=t@example.org");
    git.and("init", "-q", "-b", "main", at.toString()).check();
    Files.writeString(at.resolve("CMakeLists.txt"), "set(Bun_VERSION \"1.2.14\")\n");
    Path script = at.resolve("boot.sh");
    Files.writeString(script, "#!/bin/sh\necho made by the daemon | sudo tee /etc/made\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    git.and("-C", at.toString(), "add", "--all").check();
    git.and("-C", at.toString(), "commit", "-q", "-m", "First").check();
  }

  private static String debugfs(Path disk, String request) {
    return Command.of(Programs.path("debugfs"), "-R", request, disk.toString()).check().text();
  }
}
