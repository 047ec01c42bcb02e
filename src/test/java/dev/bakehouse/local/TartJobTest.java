package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.config.VmSettings;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.coordinator.JobView;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Jvm;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.vm.tart.StandIn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whole jobs of a real agent on a host whose hypervisor is Tart, by the stand-in.
@Tag("vm")
@Tag("agent")
class TartJobTest {
  private static final Duration BUILD = Duration.ofMinutes(8);
  private static final Duration STOP = Duration.ofMinutes(1);

  @TempDir Path dir;

  @Test
  void jobsRunInResumedVmsAndTheirStatusComesBack() throws Exception {
    StandIn standIn = StandIn.install(dir);
    standIn.add("mac", StandIn.testImage(), "darwin");
    Path repository = repository();
    try (Coordinator coordinator = Coordinator.start(Config.of(0, dir.resolve("coordinator")))) {
      Process host = host(coordinator, standIn);
      BuildView build;
      try {
        String id =
            coordinator.create(
                new BuildRequest(
                    "test", repository.toString(), "HEAD", "main", "Tart", Map.of("OUTER", "out")),
                Pipeline.parse(
                    "pipeline.yml",
                    """
                    steps:
                      - {key: passes, command: "echo on $(hostname) $OUTER; cat file"}
                      - {key: fails, command: "exit 7"}
                    """));
        build =
            Poll.until(
                "the build's end (the host's log is " + dir.resolve("host.log") + ")",
                BUILD,
                () -> {
                  if (!host.isAlive()) {
                    throw new Poll.Fatal(Files.readString(dir.resolve("host.log")), "");
                  }
                  return Optional.of(coordinator.build(id)).filter(BuildView::ended);
                });
      } finally {
        host.destroy();
        host.waitFor(STOP.toSeconds(), java.util.concurrent.TimeUnit.SECONDS);
        host.destroyForcibly();
      }
      String passed = log(coordinator, build, "passes");
      String failed = log(coordinator, build, "fails");
      assertThat(passed).contains("content of a file").containsPattern("on host-t-[0-9a-f]{8} out");
      assertThat(job(build, "passes").exitStatus()).as(passed).isEqualTo("0");
      assertThat(job(build, "fails").exitStatus()).as(failed).isEqualTo("7");
      assertThat(vm(passed)).isNotEqualTo(vm(failed));
      assertThat(vm(passed) + failed).doesNotContain("booting instead");
    }
    assertThat(entries(dir.resolve("host/vms"))).allMatch(".lock"::equals);
    assertThat(entries(standIn.home().resolve("vms")))
        .as("the image and the template, nothing else")
        .hasSize(2)
        .contains("mac")
        .anyMatch(name -> name.startsWith("template-"));
  }

  private Process host(Coordinator coordinator, StandIn standIn) {
    VmSettings vm =
        VmSettings.read(
            Yaml.parse("test", "{hypervisor: tart, cpus: 1, memory-mb: 1024, disk-gb: 10}"));
    Path agent =
        Stream.of(System.getenv("PATH").split(":"))
            .map(d -> Path.of(d, "buildkite-agent"))
            .filter(Files::isExecutable)
            .findFirst()
            .orElseThrow(() -> new AssertionError("no buildkite-agent on PATH: `go install` it"));
    Path config =
        new HostSpec(
                "host-t",
                dir.resolve("host"),
                1,
                dir.resolve("host/images"),
                "mac",
                "",
                agent,
                coordinator.agentEndpoint(),
                coordinator.registrationToken(),
                coordinator.address() + "/v2",
                coordinator.apiToken(),
                dir.resolve("cache"),
                Map.of("queue", "default"),
                vm)
            .write();
    Command command = Jvm.of(dev.bakehouse.cli.Main.class, "host", "run", "--config", config + "");
    for (var variable : standIn.environment().entrySet()) {
      command = command.env(variable.getKey(), variable.getValue());
    }
    return command.startInto(dir.resolve("host.log"));
  }

  private Path repository() throws IOException {
    Path at = dir.resolve("repository");
    Command.of("git", "init", "-q", "-b", "main", at.toString()).check();
    Files.writeString(at.resolve("file"), "content of a file\n");
    Command.of("git", "-C", at.toString(), "add", "file").check();
    Command git = Command.of("git", "-c", "user.name=T", "-c", "user.email=t@example.org", "-C");
    git.and(at.toString(), "commit", "-q", "-m", "First").check();
    return at;
  }

  private static JobView job(BuildView build, String key) {
    return build.jobs().stream()
        .filter(job -> key.equals(job.key()) && !job.retried())
        .findFirst()
        .orElseThrow(() -> new AssertionError("no job " + key + " in " + build));
  }

  private static String log(Coordinator coordinator, BuildView build, String key) {
    return new String(coordinator.log(job(build, key).id()), StandardCharsets.UTF_8);
  }

  private static String vm(String log) {
    return log.replaceFirst("(?s).*bakehouse: (host-t-[0-9a-f]{8}) runs the job.*", "$1");
  }

  private static List<String> entries(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(p -> p.getFileName().toString()).toList();
    }
  }
}
