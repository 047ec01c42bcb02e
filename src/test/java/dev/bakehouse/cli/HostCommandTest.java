package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.host.Orders;
import dev.bakehouse.host.Requirement;
import dev.bakehouse.host.StatusFile;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Self;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What people and cron say to a running daemon, and to none.
@Tag("agent")
class HostCommandTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path dir;
  private Path config;
  private Path bakehouse;

  @BeforeEach
  void program() throws IOException {
    config = dir.resolve("host.yml");
    bakehouse = dir.resolve("bakehouse");
    Files.writeString(bakehouse, "#!/bin/sh\nexec " + Self.shellWords(Self.argv()) + " \"$@\"\n");
    assertThat(bakehouse.toFile().setExecutable(true)).isTrue();
  }

  @Test
  void theScriptTalksToTheDaemon() throws IOException {
    image("3.5");
    try (Coordinator coordinator = Coordinator.start(Config.of(0, dir.resolve("coordinator")));
        Guarded _ = daemon(coordinator)) {
      Outcome old = script(Map.of(), "check");
      assertThat(old.status()).isEqualTo(Exit.FAILED);
      assertThat(old.text())
          .contains("oven-a: not ready: image first has bootstrap version 3.5, 3.6 is required");
      Outcome lower = script(Map.of("REQUIRED_BOOTSTRAP_VERSION", "3.5"), "check");
      assertThat(lower.status()).as(lower.text()).isZero();
      assertThat(lower.text()).contains("oven-a: ready", "image first  ready, bootstrap 3.5");
      Outcome other =
          script(
              Map.of(
                  "REQUIRED_BOOTSTRAP_VERSION", "3.5", "MACOS_RELEASE", "13", "BUN_VERSION", "1"),
              "check");
      assertThat(other.text()).contains("is of macOS release unknown, 13 is required");
      assertThat(script(Map.of(), "force-ready").text()).contains("oven-a: forced ready until ");
      assertThat(script(Map.of(), "force-not-ready").text())
          .contains("oven-a: not ready: forced not ready until ");
      assertThat(bakehouse("host", "force", "off").status()).isZero();
      assertThat(script(Map.of(), "status").text()).contains("agent oven-a.1  ");
      assertThat(script(Map.of(), "nonsense").status()).isEqualTo(Exit.USAGE);

      Outcome drained = bakehouse("host", "drain", "--wait", "--reason", "new disk");
      assertThat(drained.text()).contains("no agents, drained: new disk", "agent oven-a.1  away");
      JsonNode json = new JsonMapper().readTree(bakehouse("host", "status", "--json").text());
      assertThat(json.path("away").asString()).isEqualTo("drained: new disk");
      assertThat(json.path("drain").path("reason").asString()).isEqualTo("new disk");
      assertThat(json.path("images").get(0).path("state").asString()).isEqualTo("unfit");
      assertThat(bakehouse("host", "undrain").text()).doesNotContain("drained");
    }
  }

  @Test
  void withoutADaemonThatIsSaid() throws IOException {
    Files.writeString(config, "host: {name: oven-a, state: '%s'}".formatted(dir.resolve("state")));
    Outcome drain = bakehouse("host", "drain", "--reason", "moving");
    assertThat(drain.status()).isZero();
    assertThat(drain.text()).contains("no daemon runs; one that is started stays drained");
    Outcome status = bakehouse("host", "status", "--json");
    assertThat(status.status()).isEqualTo(Exit.FAILED);
    assertThat(error(status))
        .contains("No daemon runs with the state directory", "is drained since", ": moving)");
    JsonNode json = new JsonMapper().readTree(status.text());
    assertThat(json.path("away").asString()).isEqualTo("no daemon");
    assertThat(json.path("drain").path("reason").asString()).isEqualTo("moving");
    for (List<String> verb : List.of(List.of("check"), List.of("force", "ready"))) {
      Outcome outcome = bakehouse("host", verb.toArray(String[]::new));
      assertThat(outcome.status()).isEqualTo(Exit.FAILED);
      assertThat(error(outcome)).contains("No daemon runs", "bakehouse host run --config");
    }
    assertThat(bakehouse("host", "undrain").text()).contains("not drained any more");
  }

  /// By what a daemon left that says it is this process.
  @Test
  void whatAgentsWaitForIsShown() throws IOException {
    status(
        "",
        """
        {"slot": 1, "name": "oven-a.1", "state": "starting", "job": "", "tags": [], "trouble": "",
         "refusal": "WARN 404 Not Found (Attempt 3/30)"}""");
    assertThat(bakehouse("host", "status").text())
        .contains("agent oven-a.1  starting, not registered: WARN 404 Not Found (Attempt 3/30)");
    assertThat(bakehouse("host", "check").status()).isZero();
  }

  @Test
  void aCheckOfAReadyHostWithoutAgentsSaysWhyItFails() throws IOException {
    status("drained: new disk", "");
    Outcome check = bakehouse("host", "check");
    assertThat(check.status()).isEqualTo(Exit.FAILED);
    assertThat(check.text())
        .contains(
            "oven-a: no agents, drained: new disk; ready", "ends with 1: there are no agents");
    assertThat(bakehouse("host", "check", "--json").text()).doesNotContain("ends with 1");
  }

  @Test
  void whatIsRequiredIsAVersionAndIsForgottenByTheNext() throws IOException {
    status("", "");
    Path required = dir.resolve("state/orders/required.json");
    Outcome word = bakehouse("host", "check", "--bootstrap-version", "abc");
    assertThat(word.status()).isEqualTo(Exit.FAILED);
    assertThat(error(word)).contains("--bootstrap-version `abc`", "# Version: 3.6");
    assertThat(required).doesNotExist();
    assertThat(bakehouse("host", "check", "--bootstrap-version", "3.10").status()).isZero();
    assertThat(required).content().contains("3.10");
    assertThat(bakehouse("host", "check", "--release", "").status()).isZero();
    assertThat(new Orders(dir.resolve("state")).required()).isEqualTo(Requirement.NONE);
  }

  @Test
  void nobodyIsTold() throws IOException {
    Path typo = dir.resolve("typo");
    for (List<String> verb :
        List.of(
            List.of("drain"),
            List.of("undrain"),
            List.of("force", "ready"),
            List.of("check", "--release", "14"),
            List.of("quarantine", "on"))) {
      Outcome outcome = bare(verb, "--state", typo.toString());
      assertThat(outcome.status()).as(verb.toString()).isEqualTo(Exit.FAILED);
      assertThat(error(outcome)).contains("no host with the state directory " + typo);
    }
    assertThat(typo).doesNotExist();
    Files.createDirectory(typo);
    assertThat(bare(List.of("drain"), "--state", typo.toString()).status()).isZero();
  }

  @Test
  void aServiceNeedsAConfiguration() {
    Outcome none = bare(List.of("install", "--dry-run"));
    assertThat(none.status()).isEqualTo(Exit.FAILED);
    assertThat(none.text()).isEmpty();
    assertThat(error(none)).contains(dir.resolve("bakehouse.yml") + " is not there", "--config");
    Outcome state = bare(List.of("install", "--dry-run"), "--state", dir.toString());
    assertThat(error(state)).contains("--state names none");
  }

  private Outcome bare(List<String> verb, String... words) {
    return Command.of(bakehouse.toString(), "host")
        .and(verb.toArray(String[]::new))
        .and(words)
        .in(dir)
        .run();
  }

  /// @param away why the daemon has no agents
  private void status(String away, String agent) throws IOException {
    Path state = Files.createDirectories(dir.resolve("state"));
    Files.writeString(config, "host: {name: oven-a, state: '" + state + "'}");
    Files.writeString(
        state.resolve("status.json"),
        """
        {"host": "oven-a", "daemon": "%s", "checked": "9999-01-01T00:00:00Z", "ready": true,
         "reason": "ready", "away": "%s", "images": [], "agents": [%s]}
        """
            .formatted(Processes.self().text(), away, agent));
  }

  private void image(String version) throws IOException {
    Path vm = Files.createDirectories(dir.resolve("vm"));
    Files.write(vm.resolve("disk.img"), new byte[10_000]);
    Files.writeString(vm.resolve("config.json"), "{}");
    LocalImage _ =
        new ImageStore(dir.resolve("state/images"))
            .adopt("first", vm, Map.of("dev.bakehouse.image.bootstrap-version", version), "test");
  }

  private Guarded daemon(Coordinator coordinator) throws IOException {
    Path state = Files.createDirectories(dir.resolve("state"));
    Files.writeString(
        config,
        """
        host: {name: oven-a, state: '%s', slots: 1, image: first}
        agent: {endpoint: '%s', token-file: '%s'}
        vm: {hypervisor: qemu, start: boot}
        """
            .formatted(state, coordinator.agentEndpoint(), coordinator.registrationToken()));
    Guarded daemon =
        Guardian.of(
                Command.of(Self.argv("host", "run", "--config", config.toString())),
                dir,
                state.resolve("host.log"),
                state.resolve("host.pid"))
            .grace(Duration.ofSeconds(30))
            .start();
    StatusFile file = new StatusFile(HostSettings.read(config));
    Object _ = Poll.until("the daemon (see " + state + "/host.log)", LONG, file::read);
    return daemon;
  }

  private Outcome script(Map<String, String> variables, String... words) {
    Command command =
        Command.of(Self.root().resolve("scripts/agent-vm-health-check.sh").toString())
            .and(words)
            .in(dir)
            .env("BAKEHOUSE", bakehouse.toString())
            .env("BAKEHOUSE_CONFIG", config.toString());
    for (String name : List.of("REQUIRED_BOOTSTRAP_VERSION", "MACOS_RELEASE", "BUN_VERSION")) {
      command = command.env(name, variables.get(name));
    }
    return command.deadline(LONG).run();
  }

  private Outcome bakehouse(String first, String... words) {
    return Command.of(bakehouse.toString(), first)
        .and(words)
        .and("--config", config.toString())
        .deadline(LONG)
        .run();
  }

  private static String error(Outcome outcome) {
    return new String(outcome.err(), StandardCharsets.UTF_8);
  }
}
