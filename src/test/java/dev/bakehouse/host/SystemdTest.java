package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.ShortDirectory;
import dev.bakehouse.buildkite.AgentInfo;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.coordinator.LogText;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.GuestImage;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.qemu.QemuHypervisor;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The service of a machine whose first process is systemd: a guest, with this program, a real
/// agent and a coordinator outside of it. Its jobs run without a VM.
@Tag("vm")
@Tag("agent")
class SystemdTest {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final String UNIT = "bakehouse-host.service";
  private static final String STATE = "/var/lib/bakehouse";
  private static final String CONFIG = "/etc/bakehouse/bakehouse.yml";

  private static final String PREPARE =
      """
      set -e
      mkdir -p /etc/bakehouse /opt/bakehouse
      cd /etc/bakehouse
      (umask 077; echo '%1$s' >token)
      cat >bakehouse.yml <<'END'
      host: {name: oven, state: %2$s, slots: 1, image: first}
      agent:
        binary: /opt/bakehouse/plain-agent
        endpoint: '%3$s'
        token-file: /etc/bakehouse/token
        tags: {queue: vm}
      vm: {hypervisor: qemu, start: boot}
      END
      # The agent's own flags win over its configuration file.
      printf '#!/bin/sh\\nexec %4$s "$@" --bootstrap-script "%4$s bootstrap"\\n' >/opt/bakehouse/plain-agent
      printf '#!/bin/sh\\nexec %%s "$@"\\n' "$PROGRAM" >/opt/bakehouse/bakehouse
      chmod +x /opt/bakehouse/*
      git init -q -b main /srv/repository
      git -C /srv/repository -c user.name=T -c user.email=t@example.org commit -q --allow-empty -m First
      """;

  /// Waits for a file, by which the test lets it go on.
  private static final String JOB = "echo begun; while [ ! -e /tmp/go.%s ]; do sleep 0.1; done";

  @TempDir Path dir;
  private Path sockets;

  @BeforeEach
  void place() throws IOException {
    sockets = ShortDirectory.make();
  }

  @AfterEach
  void end() {
    QemuHypervisor qemu = new QemuHypervisor(dir);
    qemu.list().forEach(vm -> qemu.find(vm.name()).ifPresent(Vm::destroy));
  }

  @Test
  void aServiceIsStartedAgainAndLetsItsJobsEnd() throws Exception {
    try (Coordinator coordinator =
        Coordinator.start(Config.of(0, dir.resolve("coordinator")).infraRetries(0))) {
      machine();
      Process way = wayTo(coordinator);
      try {
        var _ =
            Poll.until(
                "the connection", LONG, () -> Optional.of(1).filter(_ -> Files.exists(socket())));
        stage(coordinator);
        assertThat(host("install")).contains("wrote /etc/systemd/system/" + UNIT);
        assertThat(systemctl("is-active")).isEqualTo("active");
        assertThat(systemctl("is-enabled")).isEqualTo("enabled");
        assertThat(host("install")).contains("is there already, and the service runs");
        await(coordinator, "its agent", () -> agents(coordinator).size() == 1);
        assertThat(inGuest("sudo", "stat", "-c", "%a", STATE + "/host.env", STATE + "/host.log"))
            .isEqualTo("600\n600");

        killed(coordinator);
        restarted(coordinator);

        host("uninstall");
        await(coordinator, "its agent's leave", () -> agents(coordinator).isEmpty());
        assertThat(inGuest("sudo", "sh", "-c", "systemctl is-active " + UNIT + "; ls " + STATE))
            .startsWith("inactive")
            .contains("host.env", "host.log");
        assertThat(inGuest("sh", "-c", "ls /etc/systemd/system")).doesNotContain(UNIT);
      } finally {
        way.destroy();
      }
    }
  }

  /// The daemon is killed in the middle of a job: the job ends well, and a daemon runs again.
  private void killed(Coordinator coordinator) throws IOException {
    String build = begun(coordinator, "one");
    String before = systemctl("show", "-p", "MainPID", "--value");
    inGuest("sudo", "systemctl", "kill", "-s", "KILL", "--kill-whom", "main", UNIT);
    await(
        coordinator,
        "the next daemon",
        () ->
            !systemctl("show", "-p", "MainPID", "--value").matches("0|" + before)
                && systemctl("is-active").equals("active"));
    assertThat(systemctl("show", "-p", "NRestarts", "--value")).isEqualTo("1");
    inGuest("touch", "/tmp/go.one");
    assertThat(passed(coordinator, build)).isTrue();
    await(coordinator, "an agent of the next daemon", () -> agents(coordinator).size() == 1);
  }

  /// A restart waits for the job, whose agent then leaves by itself.
  private void restarted(Coordinator coordinator) throws IOException {
    String build = begun(coordinator, "two");
    String before = systemctl("show", "-p", "MainPID", "--value");
    Process restart =
        command(
                "sudo",
                "/opt/bakehouse/bakehouse",
                "host",
                "restart",
                "--system",
                "--config",
                CONFIG)
            .start();
    await(coordinator, "the stop", () -> systemctl("is-active").equals("deactivating"));
    assertThat(restart.isAlive()).isTrue();
    assertThat(coordinator.build(build).ended()).isFalse();
    inGuest("touch", "/tmp/go.two");
    assertThat(passed(coordinator, build)).isTrue();
    assertThat(restart.onExit().join().exitValue()).isZero();
    assertThat(systemctl("is-active")).isEqualTo("active");
    assertThat(systemctl("show", "-p", "MainPID", "--value")).isNotEqualTo(before);
    assertThat(systemctl("show", "-p", "Result", "--value")).isEqualTo("success");
    await(coordinator, "the agent after it", () -> agents(coordinator).size() == 1);
  }

  private String begun(Coordinator coordinator, String name) throws IOException {
    BuildRequest request =
        new BuildRequest("test", "/srv/repository", "HEAD", "main", "A test", Map.of());
    String json =
        "{\"steps\": [{\"command\": \"%s\", \"agents\": {\"queue\": \"vm\"}}]}"
            .formatted(JOB.formatted(name));
    String build = coordinator.create(request, Pipeline.parse("test", json));
    await(coordinator, "the job " + name, () -> log(coordinator, build).contains("\nbegun"));
    return build;
  }

  private boolean passed(Coordinator coordinator, String build) throws IOException {
    await(coordinator, "the end of the job", () -> coordinator.build(build).ended());
    return coordinator.build(build).passed();
  }

  private static String log(Coordinator coordinator, String build) {
    BuildView view = coordinator.build(build);
    byte[] log = new LogText().filter(coordinator.log(view.jobs().getFirst().id()));
    return "\n" + new String(log, StandardCharsets.UTF_8);
  }

  private static List<AgentInfo> agents(Coordinator coordinator) {
    URI rest = URI.create(coordinator.address() + "/v2");
    return RestClient.of(rest, "bakehouse", coordinator.apiToken()).agents();
  }

  private void machine() {
    String image = GuestImage.directory().toString();
    vm("create", "one", "--image", image, "--cpus", "2", "--memory-mb", "1024", "--disk-gb", "4");
    vm("run", "one");
  }

  /// The connection that all commands share; by it the guest reaches the coordinator at its own
  /// loopback, as jobs do.
  private Process wayTo(Coordinator coordinator) {
    vm("ssh", "one", "--", "true");
    Path access = dir.resolve("vms/one/access");
    int port = coordinator.address().getPort();
    return Command.of("ssh", "-F", "none", "-N", "-M", "-S", socket().toString())
        .and("-i", access.resolve("key").toString())
        .and("-o", "UserKnownHostsFile=" + access.resolve("known_hosts"))
        .and("-o", "HostKeyAlias=bakehouse-guest", "-o", "ExitOnForwardFailure=yes")
        .and("-R", "%1$d:127.0.0.1:%1$d".formatted(port))
        .and("-p", vm("ip", "one").split(" ")[1], "admin@127.0.0.1")
        .startInto(dir.resolve("ssh.log"));
  }

  /// This program, the JDK that runs it and the agent, all where they are here.
  private void stage(Coordinator coordinator) throws IOException {
    List<String> files = new ArrayList<>(List.of(System.getProperty("java.home")));
    Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> Files.exists(Path.of(entry)))
        .forEach(files::add);
    files.add(Programs.path("buildkite-agent"));
    String tar =
        "tar -chP --exclude '*/src.zip' --exclude '*/jmods/*' --exclude '*.a' "
            + Self.shellWords(files)
            + " | "
            + Self.shellWords(guest("sudo", "tar", "-xPmf", "-"));
    Outcome outcome = Command.of("bash", "-o", "pipefail", "-c", tar).deadline(LONG).run();
    assertThat(outcome.status()).as(outcome.complaint()).isZero();
    String script =
        PREPARE.formatted(
            Files.readString(coordinator.registrationToken()).strip(),
            STATE,
            coordinator.agentEndpoint(),
            Programs.path("buildkite-agent"));
    String program =
        "PROGRAM="
            + Self.quote(
                Self.shellWords(Self.argv(List.of("-XX:TieredStopAtLevel=1")))
                    .replace("-Dbakehouse.root=" + Self.root(), "-Dbakehouse.root=/opt/bakehouse"));
    Outcome prepared =
        command("sudo", "sh", "-s")
            .input((program + "\n" + script).getBytes(StandardCharsets.UTF_8))
            .run();
    assertThat(prepared.status()).as(prepared.complaint()).isZero();
  }

  private String host(String verb) {
    return inGuest(
        "sudo", "/opt/bakehouse/bakehouse", "host", verb, "--system", "--config", CONFIG);
  }

  private String systemctl(String... words) {
    List<String> argv = new ArrayList<>(List.of("sudo", "systemctl"));
    argv.addAll(List.of(words));
    argv.add(UNIT);
    return command(argv.toArray(String[]::new)).run().text();
  }

  private String inGuest(String... argv) {
    Outcome outcome = command(argv).run();
    assertThat(outcome.status()).as("%s: %s", List.of(argv), outcome.complaint()).isZero();
    return outcome.text();
  }

  private Command command(String... argv) {
    return Command.of(guest(argv)).deadline(LONG);
  }

  private List<String> guest(String... argv) {
    String words = Self.shellWords(List.of(argv));
    return List.of("ssh", "-F", "none", "-S", socket().toString(), "-T", "admin@127.0.0.1", words);
  }

  private Path socket() {
    return sockets.resolve("ssh");
  }

  private String vm(String verb, String... more) {
    List<String> argv = new ArrayList<>(Self.argv("vm", verb, "--state", dir.toString()));
    argv.addAll(List.of(more));
    Outcome outcome = Command.of(argv).deadline(LONG).run();
    assertThat(outcome.status()).as("vm %s: %s", verb, outcome.complaint()).isZero();
    return outcome.text();
  }

  private void await(Coordinator coordinator, String what, BooleanSupplier holds)
      throws IOException {
    try {
      var _ = Poll.until(what, LONG, () -> Optional.of(1).filter(_ -> holds.getAsBoolean()));
    } catch (Poll.TimedOut e) {
      String log = command("sudo", "tail", "-n", "50", STATE + "/host.log").run().text();
      throw new AssertionError(what + " did not come\n" + coordinator.builds("test") + log, e);
    }
  }
}
