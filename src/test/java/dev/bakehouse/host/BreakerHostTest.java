package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.coordinator.JobState;
import dev.bakehouse.job.Failures;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.GuestImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The real daemon with a real agent and real VMs, and a QEMU that does not start while a file is
/// there.
@Tag("vm")
@Tag("agent")
class BreakerHostTest {
  private static final Duration LONG = Duration.ofMinutes(4);

  @TempDir Path dir;
  private Coordinator coordinator;
  private Path config;
  private Path broken;

  @Test
  void threeFailuresPauseTheHostUntilAVmRunsAgain() throws Exception {
    repository();
    broken = Files.writeString(dir.resolve("broken"), "");
    coordinator = Coordinator.start(Config.of(0, dir.resolve("coordinator")).infraRetries(0));
    configure();
    try {
      String waiting;
      try (Guarded _ = daemon()) {
        for (int n = 1; n <= 3; n++) {
          BuildView build = ended(create("true"));
          assertThat(build.passed()).isFalse();
          assertThat(build.jobs().getFirst().exitStatus()).isIn("-1", "125");
          assertThat(new Failures(dir.resolve("host")).list()).hasSize(n);
        }
        assertThat(away("3 infrastructure failures in a row")).contains("phase boot");
        waiting = create("echo it runs");
        assertThat(away("probe 1 failed")).contains("phase boot");
      }
      // Of the daemon that follows, too.
      try (Guarded _ = daemon()) {
        away("probe ");
        assertThat(coordinator.build(waiting).jobs().getFirst().state())
            .isEqualTo(JobState.SCHEDULED);
        Files.delete(broken);
        assertThat(ended(waiting).passed()).isTrue();
        assertThat(dir.resolve("host.log")).content().contains("a probe ran in a VM; takes jobs");
        assertThat(dir.resolve("host/breaker.json")).doesNotExist();
        assertThat(new Failures(dir.resolve("host")).list()).isEmpty();
        // What a step does to its guest, or a person to a branch, is no failure of the host's.
        for (BuildView theirs :
            List.of(
                ended(create("kill -9 -1; sleep 60")), ended(create("true", "0123".repeat(10))))) {
          assertThat(theirs.jobs().getFirst().exitStatus()).isIn("-1", "125");
          assertThat(new Failures(dir.resolve("host")).list()).isEmpty();
        }
      }
    } finally {
      coordinator.close();
    }
  }

  private void configure() throws IOException {
    Path image = GuestImage.directory().toAbsolutePath().normalize();
    config =
        Files.writeString(
            dir.resolve("bakehouse.yml"),
            """
            host:
              {name: oven, state: '%s', slots: 1, image: %s, images: '%s', breaker: {first-pause-seconds: 2}}
            agent: {endpoint: '%s', token-file: '%s'}
            cache: {store: 'dir:%s'}
            vm: {hypervisor: qemu, cpus: 1, memory-mb: 1024, disk-gb: 4, start: boot}
            """
                .formatted(
                    dir.resolve("host"),
                    image.getFileName(),
                    image.getParent(),
                    coordinator.agentEndpoint(),
                    coordinator.registrationToken(),
                    dir.resolve("cache")));
    Path bin = Files.createDirectories(dir.resolve("bin"));
    String qemu = "qemu-system-" + System.getProperty("os.arch").replace("amd64", "x86_64");
    Path program =
        Files.writeString(
            bin.resolve(qemu),
            """
            #!/bin/sh
            case " $* " in *" -object "*) if [ -e '%s' ]; then echo injected >&2; exit 1; fi ;; esac
            exec '%s' "$@"
            """
                .formatted(broken, Programs.path(qemu)));
    program.toFile().setExecutable(true);
  }

  private Guarded daemon() throws IOException {
    Command command =
        Command.of(Self.argv("host", "run", "--config", config.toString()))
            .env("PATH", dir.resolve("bin") + ":" + System.getenv("PATH"));
    return Guardian.of(command, dir, dir.resolve("host.log"), dir.resolve("host.pid"))
        .grace(Duration.ofSeconds(30))
        .start();
  }

  private String away(String text) {
    StatusFile status = new StatusFile(HostSettings.read(config));
    return Poll.until(
        "`" + text + "` in the host's status, see " + dir.resolve("host.log"),
        LONG,
        () -> status.read().map(HostStatus::away).filter(away -> away.contains(text)));
  }

  private String create(String command) {
    return create(command, "HEAD");
  }

  private String create(String command, String commit) {
    BuildRequest request =
        new BuildRequest(
            "test", dir.resolve("repository").toString(), commit, "main", "A test", Map.of());
    return coordinator.create(
        request, Pipeline.parse("test", "steps: [{key: only, command: '" + command + "'}]"));
  }

  private BuildView ended(String id) {
    return Poll.until(
        "the build's end, see " + dir.resolve("host.log"),
        LONG,
        () -> Optional.of(coordinator.build(id)).filter(BuildView::ended));
  }

  private void repository() {
    Path at = dir.resolve("repository");
    Command git = Command.of("git", "-c", "user.name=T", "-c", "user.email=t@example.org");
    git.and("init", "-q", "-b", "main", at.toString()).check();
    git.and("-C", at.toString(), "commit", "-q", "--allow-empty", "-m", "First").check();
  }
}
