package dev.bakehouse.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The fleet's commands against three sshds, one that accepts connections and says nothing, and a
/// port where nobody listens.
@Tag("agent")
class FleetTest {
  @TempDir static Path dir;
  private static final List<LocalSshd> SERVERS = new ArrayList<>();
  private static ServerSocket mute;

  @BeforeAll
  static void begin() throws IOException {
    StringBuilder ssh = new StringBuilder();
    for (String name : List.of("a", "b", "c")) {
      SERVERS.add(LocalSshd.start("oven-" + name, dir.resolve(name)));
      ssh.append(SERVERS.getLast().sshConfig());
    }
    mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    ssh.append("Host mute\n  HostName 127.0.0.1\n  Port " + mute.getLocalPort() + "\n");
    ssh.append("Host gone\n  HostName 127.0.0.1\n  Port " + LocalSshd.freePort() + "\n");
    Files.writeString(dir.resolve("ssh_config"), ssh);
    Path program = dir.resolve("bakehouse");
    Files.writeString(program, "#!/bin/sh\nexec " + Self.shellWords(Self.argv()) + " \"$@\"\n");
    program.toFile().setExecutable(true);
    StringBuilder hosts = new StringBuilder();
    for (String name : List.of("a", "b", "c")) {
      Path state = dir.resolve("state-" + name);
      Path config = dir.resolve(name + ".yml");
      Files.writeString(config, "host: {name: oven-" + name + ", state: '" + state + "'}\n");
      hosts.append(
          "    - {name: " + name + ", ssh: oven-" + name + ", config: '" + config + "'}\n");
    }
    String common =
        """
        fleet:
          ssh-config: '%s'
          program: '%s'
          connect-seconds: 2
          answer-seconds: 30
          hosts:
        """
            .formatted(dir.resolve("ssh_config"), program);
    Files.writeString(dir.resolve("three.yml"), common + hosts);
    Files.writeString(
        dir.resolve("all.yml"), common + hosts + "    - {name: mute}\n    - {name: gone}\n");
  }

  @AfterAll
  static void end() throws IOException {
    SERVERS.forEach(LocalSshd::close);
    mute.close();
  }

  private static Outcome fleet(String inventory, String... words) {
    List<String> argv = new ArrayList<>(Self.argv("fleet", words[0]));
    argv.addAll(List.of("--inventory", dir.resolve(inventory).toString()));
    argv.addAll(List.of(words).subList(1, words.length));
    return Command.of(argv).deadline(Duration.ofMinutes(2)).run();
  }

  private static String error(Outcome outcome) {
    return new String(outcome.err(), StandardCharsets.UTF_8);
  }

  private static JsonNode json(Outcome outcome) {
    return JsonMapper.builder().build().readTree(outcome.out());
  }

  @Test
  void execRunsTheWordsAsTheyStandOnEachHost() {
    Outcome outcome =
        fleet(
            "three.yml", "exec", "--", "printf", "%s|", "a b", "", "c'd\"e", "$(id)", "*", "ü\nv");
    assertThat(outcome.status()).as(error(outcome)).isZero();
    String one = "a b||c'd\"e|$(id)|*|ü";
    assertThat(outcome.text().lines())
        .containsExactly("a: " + one, "a: v|", "b: " + one, "b: v|", "c: " + one, "c: v|");
  }

  @Test
  void whatFailsSomewhereIsToldByStatusAndName() throws Exception {
    Files.writeString(dir.resolve("a/mark"), "");
    Outcome outcome =
        fleet(
            "three.yml",
            "exec",
            "--json",
            "--",
            "sh",
            "-c",
            "test -e " + dir + "/nowhere || {\n" + " echo $SSH_CONNECTION >&2; exit 3; }");
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(json(outcome))
        .hasSize(3)
        .allSatisfy(
            host -> {
              assertThat(host.path("reached").asBoolean()).isTrue();
              assertThat(host.path("status").asInt()).isEqualTo(3);
              assertThat(host.path("trouble").asString()).contains("127.0.0.1");
            });
  }

  @Test
  void aHostThatHangsOrIsGoneHoldsUpNoOther() {
    long start = System.nanoTime();
    Outcome outcome =
        fleet("all.yml", "exec", "--json", "--timeout-seconds", "5", "--", "echo", "x");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(40));
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(json(outcome).findValuesAsString("host"))
        .containsExactly("a", "b", "c", "mute", "gone");
    assertThat(json(outcome))
        .extracting(host -> host.path("ok").asBoolean(), host -> host.path("reached").asBoolean())
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(true, true),
            org.assertj.core.groups.Tuple.tuple(true, true),
            org.assertj.core.groups.Tuple.tuple(true, true),
            org.assertj.core.groups.Tuple.tuple(false, false),
            org.assertj.core.groups.Tuple.tuple(false, false));
    assertThat(json(outcome).get(4).path("trouble").asString()).contains("refused");
    assertThat(fleet("all.yml", "exec", "--only", "gone", "--", "true").status()).isEqualTo(125);
    long slow = System.nanoTime();
    Outcome late =
        fleet("three.yml", "exec", "--only", "b", "--timeout-seconds", "1", "--", "sleep", "60");
    assertThat(Duration.ofNanos(System.nanoTime() - slow)).isLessThan(Duration.ofSeconds(20));
    assertThat(late.status()).isEqualTo(125);
    assertThat(error(late)).contains("b: did not end within");
  }

  @Test
  void drainAndUndrainReachTheHostsThatAreNamed() {
    Outcome drain = fleet("three.yml", "drain", "--only", "a,c");
    assertThat(drain.status()).as(error(drain)).isZero();
    assertThat(drain.text()).containsPattern("(?m)^a +asked$").containsPattern("(?m)^c +asked$");
    assertThat(dir.resolve("state-a/orders/drain.json")).exists();
    assertThat(dir.resolve("state-b/orders/drain.json")).doesNotExist();
    assertThat(dir.resolve("state-c/orders/drain.json")).exists();
    assertThat(fleet("three.yml", "undrain").status()).isZero();
    assertThat(dir.resolve("state-a/orders/drain.json")).doesNotExist();
  }

  @Test
  void statusIsOneTableOfAllHosts() {
    Outcome outcome = fleet("all.yml", "status");
    assertThat(outcome.status()).as(error(outcome)).isEqualTo(1);
    assertThat(outcome.text())
        .containsPattern("(?m)^HOST +STATE +BUSY +IMAGES +REASON$")
        .containsPattern("(?m)^a +no daemon")
        .containsPattern("(?m)^gone +unreachable +.*refused");
  }

  @Test
  void aWrongNameAndAnEmptyInventoryAreSaid() throws Exception {
    Outcome outcome = fleet("three.yml", "status", "--only", "x");
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(error(outcome)).contains("There is no host x", "It has a, b, c.");
    Files.writeString(dir.resolve("none.yml"), "host: {}\n");
    assertThat(error(fleet("none.yml", "status"))).contains("There is no host in", "fleet:");
    Files.writeString(
        dir.resolve("bad.yml"), "fleet: {hosts: [{name: x, ssh: '-oProxyCommand=x'}]}\n");
    assertThat(error(fleet("bad.yml", "status"))).contains("bad.yml:1", "nothing ssh connects to");
    Files.writeString(
        dir.resolve("bad.yml"), "fleet: {hosts: [{name: x, ssh: 'ssh://root@host:1'}]}\n");
    assertThat(error(fleet("bad.yml", "status"))).contains("`Port`", "`fleet.ssh-config`");
    assertThat(error(fleet("three.yml", "upgrade", "--commit", "x", "--release", "y")))
        .contains("a commit and a release at once", "one of --commit REF");
    assertThat(error(fleet("three.yml", "upgrade"))).contains("What to upgrade to is not said");
  }
}
