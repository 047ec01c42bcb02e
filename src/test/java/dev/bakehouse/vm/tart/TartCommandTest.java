package dev.bakehouse.vm.tart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.GuestImage;
import dev.bakehouse.vm.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `bakehouse vm …` on a host whose hypervisor is Tart, by the stand-in, each by a process of its
/// own.
@Tag("vm")
class TartCommandTest {
  @TempDir Path dir;
  private Path state;
  private Path config;
  private StandIn standIn;

  @BeforeEach
  void install() throws IOException {
    state = dir.resolve("state");
    config = dir.resolve("bakehouse.yml");
    Files.writeString(
        config, "host: {state: '" + state + "'}\nvm: {hypervisor: tart, boot-seconds: 180}\n");
    standIn = StandIn.install(dir);
    standIn.add("mac", GuestImage.directory(), "darwin");
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    for (String name : Trees.names(state.resolve("vms"))) {
      if (!name.startsWith(".")) {
        vm("delete", name);
      }
    }
    assertThat(Trees.names(standIn.home().resolve("vms"))).containsExactly("mac");
  }

  @Test
  void aVmsWholeLifeWithOneStart() throws IOException {
    fine("create", "one", "--image", "mac", "--cpus=1", "--memory-mb=1024", "--disk-gb=4");
    assertThat(vm("create", "two", "--image", "none").complaint())
        .contains("There is no image none in " + standIn.home());
    assertThat(vm("exec", "one", "--", "true").complaint()).contains("The VM one does not run");
    fine("run", "one");
    assertThat(fine("ip", "one").text()).matches("127\\.[0-9.]+ " + StandInRun.SSH_PORT);
    JsonNode one = JsonMapper.builder().build().readTree(fine("list", "--json").out()).get(0);
    assertThat(one.path("name").asString()).isEqualTo("one");
    assertThat(one.path("state").asString()).isEqualTo("running");
    assertThat(one.path("image").asString()).isEqualTo("mac");

    assertThat(fine("exec", "one", "--", "sh", "-c", "hostname; echo $HOME; cat").text())
        .isEqualTo("one\n/Users/admin\ngiven");
    assertThat(vm("exec", "one", "--", "sh", "-c", "exit 7").status()).isEqualTo(7);
    Outcome shell = vm("ssh", "one", "--", "echo $((6*7)); exit 9");
    assertThat(shell.text()).isEqualTo("42");
    assertThat(shell.status()).isEqualTo(9);
    assertThat(vm("clone", "one", "copy").complaint()).contains("The VM one runs");

    fine("stop", "one", "--grace", "120");
    fine("clone", "one", "copy");
    fine("reset", "one");
    assertThat(fine("list").text()).contains("copy ", "one ").doesNotContain("running");
    // Which hypervisor made a VM is known: it need not be named again.
    for (String name : List.of("one", "copy")) {
      assertThat(vm("delete", name, "--hypervisor", "qemu").status()).isZero();
    }
    assertThat(Trees.names(standIn.home().resolve("vms"))).containsExactly("mac");
  }

  private Outcome fine(String... args) {
    Outcome outcome = vm(args);
    assertThat(outcome.status()).as("%s: %s", args[0], outcome.complaint()).isZero();
    return outcome;
  }

  private Outcome vm(String... args) {
    List<String> all = new ArrayList<>(List.of("vm", args[0], "--config", config.toString()));
    all.addAll(List.of(args).subList(1, args.length));
    Command command = Command.of(Self.argv(all.toArray(String[]::new))).input("given".getBytes());
    for (var variable : standIn.environment().entrySet()) {
      command = command.env(variable.getKey(), variable.getValue());
    }
    return command.deadline(Duration.ofMinutes(5)).run();
  }
}
