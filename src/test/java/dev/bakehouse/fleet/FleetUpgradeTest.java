package dev.bakehouse.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes.Identity;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.GuestImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Three hosts behind three sshds, each with a real daemon and a real agent. Their releases are
/// launchers of the classes under test.
@Tag("vm")
@Tag("agent")
class FleetUpgradeTest {
  private static final Duration LONG = Duration.ofMinutes(3);
  private static final List<String> NAMES = List.of("a", "b", "c");

  @TempDir static Path dir;
  private static final List<LocalSshd> SERVERS = new ArrayList<>();
  private static Coordinator coordinator;

  @BeforeAll
  static void begin() throws IOException {
    coordinator = Coordinator.start(Config.of(0, dir.resolve("coordinator")));
    Path image = GuestImage.directory().toAbsolutePath().normalize();
    StringBuilder ssh = new StringBuilder();
    StringBuilder hosts = new StringBuilder();
    for (String name : NAMES) {
      Path home = Files.createDirectories(dir.resolve(name));
      SERVERS.add(LocalSshd.start("oven-" + name, dir.resolve("sshd-" + name)));
      ssh.append(SERVERS.getLast().sshConfig());
      Files.writeString(
          home.resolve("bakehouse.yml"),
          """
          host: {name: oven-%s, state: '%s', slots: 1, image: %s, images: '%s'}
          agent: {endpoint: '%s', token-file: '%s'}
          vm: {hypervisor: qemu, start: boot}
          """
              .formatted(
                  name,
                  home.resolve("state"),
                  image.getFileName(),
                  image.getParent(),
                  coordinator.agentEndpoint(),
                  coordinator.registrationToken()));
      // What a service of the host would do.
      Path restart =
          Files.writeString(
              home.resolve("restart"),
              """
              #!/bin/sh
              cd '%s'
              if [ -e pid ]; then kill "$(cat pid)"; while kill -0 "$(cat pid)" 2>/dev/null; do sleep 0.1; done; fi
              PATH='%s' setsid current/bakehouse host run --config bakehouse.yml >>log 2>&1 </dev/null &
              echo $! >pid
              """
                  .formatted(home, System.getenv("PATH")));
      restart.toFile().setExecutable(true);
      hosts.append(
          "    - {name: %1$s, ssh: oven-%1$s, program: '%2$s/current/bakehouse', config: '%2$s/bakehouse.yml', restart: ['%2$s/restart']}\n"
              .formatted(name, home));
      install(home);
      Command.of(restart.toString()).check();
    }
    Files.writeString(dir.resolve("ssh_config"), ssh);
    Files.writeString(
        dir.resolve("fleet.yml"),
        "fleet:\n  ssh-config: '" + dir.resolve("ssh_config") + "'\n  hosts:\n" + hosts);
    for (String name : NAMES) {
      Poll.until("the daemon of " + name, LONG, () -> status(name).filter(FleetUpgradeTest::idle));
    }
  }

  private static boolean idle(JsonNode host) {
    return host.path("answer").path("agents").path(0).path("state").asString("").equals("idle");
  }

  @AfterAll
  static void end() throws IOException {
    for (String name : NAMES) {
      Path pid = dir.resolve(name).resolve("pid");
      if (Files.exists(pid)) {
        ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
            .ifPresent(ProcessHandle::destroy);
      }
      Poll.until(
          "the end of " + name,
          LONG,
          () ->
              ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).isEmpty()
                  ? Optional.of(true)
                  : Optional.empty());
    }
    SERVERS.forEach(LocalSshd::close);
    coordinator.close();
  }

  /// The first release, as if by hand.
  private static void install(Path home) throws IOException {
    Path first = Files.createDirectories(home.resolve("releases/first"));
    launcher(first.resolve("bakehouse"), "");
    Files.createSymbolicLink(home.resolve("current"), Path.of("releases/first"));
  }

  private static void launcher(Path file, String before) throws IOException {
    Files.writeString(
        file, "#!/bin/sh\n" + before + "\nexec " + Self.shellWords(Self.argv()) + " \"$@\"\n");
    file.toFile().setExecutable(true);
  }

  private static Path release(String name, String before) throws IOException {
    Path at = Files.createDirectories(dir.resolve("release-" + name));
    launcher(at.resolve("bakehouse"), before);
    Path archive = dir.resolve(name + ".tar.gz");
    Command.of("tar", "-czf", archive.toString(), "-C", at.toString(), "bakehouse").check();
    return archive;
  }

  private static Outcome fleet(String... words) {
    List<String> argv = new ArrayList<>(Self.argv("fleet", words[0]));
    argv.addAll(List.of("--inventory", dir.resolve("fleet.yml").toString()));
    argv.addAll(List.of(words).subList(1, words.length));
    return Command.of(argv).deadline(LONG).run();
  }

  private static JsonNode json(Outcome outcome) {
    return JsonMapper.builder().build().readTree(outcome.out());
  }

  private static Optional<JsonNode> status(String name) {
    JsonNode all = json(fleet("status", "--json", "--only", name));
    return Optional.of(all.path(0)).filter(host -> host.path("ok").asBoolean(false));
  }

  private static String daemon(String name) {
    return status(name).orElseThrow().path("answer").path("daemon").asString();
  }

  private static Path current(String name) throws IOException {
    return Files.readSymbolicLink(dir.resolve(name).resolve("current"));
  }

  @Test
  void hostsAreUpgradedOneAfterTheOtherAndABadReleaseStopsAtTheFirst() throws Exception {
    assertThat(fleet("status").text())
        .containsPattern("(?m)^a +ready +0/1 +bakehouse-debian-12 ")
        .containsPattern("(?m)^c +ready ");
    assertThat(fleet("drain", "--only", "c", "--reason", "new disk").status()).isZero();
    // Of an upgrade that was killed.
    assertThat(fleet("drain", "--only", "b", "--reason", "upgrade to 0123456789ab").status())
        .isZero();
    List<String> before = NAMES.stream().map(FleetUpgradeTest::daemon).toList();

    Outcome bad = fleet("upgrade", "--release", release("bad", "exit 3").toString());
    assertThat(bad.status()).as(new String(bad.err(), StandardCharsets.UTF_8)).isEqualTo(1);
    assertThat(bad.text())
        .containsPattern("(?m)^a +failed: install: ")
        .containsPattern("(?m)^b +.*not begun$")
        .containsPattern("(?m)^c +.*not begun$");
    assertThat(NAMES.stream().map(FleetUpgradeTest::daemon)).isEqualTo(before);
    assertThat(current("a")).hasToString("releases/first");
    assertThat(status("a").orElseThrow().path("answer").path("away").asString())
        .startsWith("drained");
    assertThat(fleet("undrain", "--only", "a").status()).isZero();

    Outcome good = fleet("upgrade", "--release", release("good", ": good").toString());
    assertThat(good.status()).as(new String(good.err(), StandardCharsets.UTF_8)).isZero();
    assertThat(good.text())
        .containsPattern("(?m)^c +[0-9a-f]{12}, and stays drained \\(new disk\\)");
    for (int n = 0; n < NAMES.size(); n++) {
      String name = NAMES.get(n);
      assertThat(current(name).toString()).matches("releases/[0-9a-f]{12}");
      assertThat(daemon(name)).isNotEqualTo(before.get(n));
      assertThat(Identity.parse(before.get(n)).flatMap(Identity::alive)).isEmpty();
      String away = status(name).orElseThrow().path("answer").path("away").asString();
      assertThat(away).startsWith(name.equals("c") ? "drained" : "");
      assertThat(away.isEmpty()).isEqualTo(!name.equals("c"));
    }
    List<String> said = new String(good.err(), StandardCharsets.UTF_8).lines().toList();
    assertThat(said.indexOf("a: undrain")).isLessThan(said.indexOf("b: drain"));
    assertThat(fleet("undrain").status()).isZero();
  }
}
