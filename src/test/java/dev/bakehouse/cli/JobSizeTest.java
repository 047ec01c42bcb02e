package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a step can not have ends its job with 1, what a host can not give as the machinery's
/// failure; both before anything is made.
class JobSizeTest {
  @TempDir Path dir;
  private Path config;

  @BeforeEach
  void write() throws IOException {
    config = dir.resolve("bakehouse.yml");
    Files.writeString(
        config, "host: {state: '" + dir.resolve("state") + "'}\nvm: {limit: {cpus: 8}}\n");
  }

  @Test
  void aCommandByHand() {
    Outcome outcome =
        Command.of(Self.argv("job", "run", "--config", config.toString(), "--", "true"))
            .env("BAKEHOUSE_VM_MEMORY_MB", "lots")
            .run();
    assertSays(outcome, "`BAKEHOUSE_VM_MEMORY_MB=lots`", "from 256 to 8192", "`vm.limit`");
  }

  @Test
  void aJobOfAnAgent() throws IOException {
    Outcome outcome = bootstrap("BAKEHOUSE_VM_CPUS=\"9\"\n", "http://127.0.0.1:1/v3");
    assertRefused(outcome, "`BAKEHOUSE_VM_CPUS=9`", "from 1 to 8", config.toString());
    assertRefused(
        command("BAKEHOUSE_VM_CPUS=\"abc\"\n", "http://127.0.0.1:1/v3")
            .env("BAKEHOUSE_VM_CPUS", "abc")
            .run(),
        "`BAKEHOUSE_VM_CPUS=abc`");
  }

  @Test
  void anUnknownKindOfCache() throws IOException {
    assertRefused(
        command("CACHE_KINDS=\"nonsense\"\n", "http://127.0.0.1:1/v3")
            .env("CACHE_KINDS", "nonsense")
            .run(),
        "`nonsense`");
  }

  @Test
  void aKeyThatIsNoFileName() throws IOException {
    Outcome outcome =
        command("BUILDKITE_STEP_KEY=\"\u00e9\"\n", "http://127.0.0.1:1/v3")
            .env("BUILDKITE_STEP_KEY", "\u00e9")
            .env("LC_ALL", "C")
            .run();
    assertSays(outcome, "no image `default`");
  }

  @Test
  void whatIsTheHostsOwnIsNotTheSteps() throws IOException {
    Outcome outcome = bootstrap("OTHER=\"1\"\n", "http://127.0.0.1:1/v3");
    assertSays(outcome, "no image `default`");
  }

  @Test
  void aPluginThatTheVmCanNotClone() throws IOException {
    String near = "http://127.0.0.1:1/v3";
    String far = "https://agent-edge.buildkite.com/v3";
    String docker = "github.com/buildkite-plugins/docker-buildkite-plugin#v5.0.0";
    String remote = "[{\"" + docker + "\":{\"image\":\"x\"}},\"./own\"]";
    Outcome refused = withPlugins(near, remote);
    assertRefused(refused, docker, "`./PATH`", "vm.network: outbound");
    assertThat(refused.text()).doesNotContain("./own");
    String own = "[{\"./own\":null},\"/opt/plugin\",\"file:///opt/plugin\"]";
    assertSays(withPlugins(near, own), "no image `default`");
    assertSays(withPlugins(far, remote), "no image `default`");
  }

  @Test
  void anIsolatedGuestOfAFarCoordinator() throws IOException {
    Files.writeString(config, "vm: {network: isolated}\n");
    Outcome outcome = bootstrap("", "https://agent-edge.buildkite.com/v3");
    assertSays(outcome, "https://agent-edge.buildkite.com/v3", "vm.network: outbound");
  }

  @Test
  void aHostWhoseGuestsCouldNotReportDoesNotStart() throws IOException {
    Files.writeString(
        config, "host: {state: '" + dir.resolve("state") + "'}\nvm: {network: isolated}\n");
    Outcome outcome = Command.of(Self.argv("host", "run", "--config", config.toString())).run();
    String said = new String(outcome.err(), StandardCharsets.UTF_8);
    assertThat(outcome.status()).as(said).isEqualTo(Exit.FAILED);
    assertThat(said).contains("agent-edge.buildkite.com", "vm.network: outbound");
  }

  private Outcome bootstrap(String stepEnvironment, String endpoint) throws IOException {
    return command(stepEnvironment, endpoint).run();
  }

  private Outcome withPlugins(String endpoint, String plugins) throws IOException {
    return command("", endpoint).env("BUILDKITE_PLUGINS", plugins).run();
  }

  private Command command(String stepEnvironment, String endpoint) throws IOException {
    Path file = Files.writeString(dir.resolve("env"), stepEnvironment);
    return Command.of(Self.argv("job", "bootstrap"))
        .env("BAKEHOUSE_CONFIG", config.toString())
        .env("BAKEHOUSE_VM_CPUS", "9")
        .env("BUILDKITE_ENV_FILE", file.toString())
        .env("BUILDKITE_JOB_ID", "j")
        .env("BUILDKITE_REPO", dir.toString())
        .env("BUILDKITE_COMMIT", "HEAD")
        .env("BUILDKITE_COMMAND", "true")
        .env("BUILDKITE_AGENT_ENDPOINT", endpoint)
        .env("BUILDKITE_AGENT_ACCESS_TOKEN", "none");
  }

  private void assertRefused(Outcome outcome, String... words) {
    assertThat(outcome.status()).as("the step's, not the machinery's").isEqualTo(1);
    assertThat(outcome.text()).contains("this step can not run").contains(words);
    assertThat(dir.resolve("state/vms")).doesNotExist();
    assertThat(dir.resolve("state/failures")).doesNotExist();
  }

  private void assertSays(Outcome outcome, String... words) {
    String said = outcome.text() + "\n" + new String(outcome.err(), StandardCharsets.UTF_8);
    assertThat(outcome.status()).as(said).isEqualTo(Exit.INFRASTRUCTURE);
    assertThat(said).contains(words).doesNotContain("\tat ");
    assertThat(dir.resolve("state/vms")).doesNotExist();
  }
}
