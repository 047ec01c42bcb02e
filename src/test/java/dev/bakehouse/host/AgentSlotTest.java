package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Programs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentSlotTest {
  private static final String JOB = "01234567-89ab-cdef-0123-456789abcdef";

  @TempDir Path dir;

  /// Nothing else tells that its token is wrong.
  @Test
  void tellsWhyAnAgentEndedByItself() throws Exception {
    List<String> said = new ArrayList<>();
    try (AgentSlot slot = slot("echo fatal: 401 Unauthorized\necho\nexit 1\n", said)) {
      String trouble = await(slot, agent -> !agent.trouble().isEmpty()).trouble();
      assertThat(trouble).isEqualTo("ended by itself: fatal: 401 Unauthorized");
      assertThat(said).last().asString().contains(trouble);
    }
  }

  @Test
  void anAgentThatIsRefusedStartsUntilItIsRegistered() throws Exception {
    List<String> said = new ArrayList<>();
    try (AgentSlot slot =
        slot(
            """
            refused() { echo "WARN   POST http://x/register: 404 Not Found$1 (Attempt $2/30 Retrying in 10s)"; }
            while [ ! -e ask ]; do sleep 0.05; done
            printf 'Registering agent with Buildkite...\\n'; refused "$(printf '\\033[0m')" 1
            while [ ! -e again ]; do sleep 0.05; done
            refused '' 2
            while [ ! -e answer ]; do sleep 0.05; done
            echo 'Successfully registered agent "oven.1" with tags [queue=q]'
            exec sleep 1000
            """,
            said)) {
      HostStatus.Agent first = await(slot, _ -> true);
      assertThat(first.state()).isEqualTo("starting");
      assertThat(first.refusal()).isEmpty();
      create("ask");
      HostStatus.Agent refused = await(slot, agent -> !agent.refusal().isEmpty());
      assertThat(refused.state()).isEqualTo("starting");
      assertThat(refused.refusal()).contains("404 Not Found[0m (Attempt 1/30");
      create("again");
      HostStatus.Agent _ = await(slot, agent -> agent.refusal().contains("Attempt 2/"));
      HostStatus.Agent _ = await(slot, _ -> true);
      assertThat(said)
          .filteredOn(line -> line.contains("oven.1 is not registered"))
          .singleElement()
          .asString()
          .contains("404 Not", "check agent.endpoint in " + dir.resolve("bakehouse.yml"));
      create("answer");
      HostStatus.Agent _ = await(slot, agent -> agent.state().equals("idle"));
      HostStatus.Agent idle = await(slot, _ -> true);
      assertThat(idle.refusal()).isEmpty();
      assertThat(said).last().isEqualTo("agent oven.1 is registered now");
    }
  }

  /// Whatever its words are.
  @Test
  void anAgentWithAJobIsRegistered() throws Exception {
    try (AgentSlot slot =
        slot(
            """
            echo 'I am new (Attempt 1/30)'
            touch "$TMPDIR/job-env-%s123"
            while [ ! -e ended ]; do sleep 0.05; done
            rm "$TMPDIR"/job-env-*
            exec sleep 1000
            """
                .formatted(JOB),
            new ArrayList<>())) {
      HostStatus.Agent busy = await(slot, agent -> agent.state().equals("busy"));
      assertThat(busy.job()).isEqualTo(JOB);
      create("ended");
      HostStatus.Agent idle = await(slot, agent -> agent.job().isEmpty());
      assertThat(idle.state()).isEqualTo("idle");
    }
  }

  @Test
  void anAgentOfOtherWordsIsRegisteredWhenNothingRefusesItForAWhile() throws Exception {
    Path file = Files.writeString(dir.resolve("log"), "Successfully registered agent: before\n");
    Instant began = Instant.now();
    Instant soon = began.plus(Registration.QUIET).minusSeconds(1);
    Instant later = soon.plusSeconds(2);
    Registration silent = new Registration(new AgentLog(file), began);
    Registration refused = new Registration(new AgentLog(file), began);
    Registration known = new Registration(new AgentLog(file), began);
    assertThat(silent.done(false, soon)).isFalse();
    assertThat(silent.done(false, later)).isTrue();

    Files.writeString(file, "WARN 401 (Attempt 9/30)\n", StandardOpenOption.APPEND);
    Files.setLastModifiedTime(file, FileTime.from(soon));
    assertThat(refused.done(false, later)).as("it tries still").isFalse();
    assertThat(refused.refusal()).isEqualTo("WARN 401 (Attempt 9/30)");
    assertThat(refused.done(false, soon.plus(Registration.QUIET).plusSeconds(1))).isTrue();
    assertThat(refused.refusal()).isEmpty();

    Files.writeString(file, "Successfully registered agent: x\n", StandardOpenOption.APPEND);
    assertThat(known.done(false, began)).isTrue();
  }

  /// With the agent as it is, and a server that knows no such path.
  @Test
  @Tag("agent")
  void theRealAgentsRefusalIsTold() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(404, -1);
          exchange.close();
        });
    server.start();
    try (AgentSlot slot =
        slot(
            "exec '" + Programs.path("buildkite-agent") + "' \"$@\"",
            "http://127.0.0.1:" + server.getAddress().getPort(),
            new ArrayList<>())) {
      HostStatus.Agent refused = await(slot, agent -> !agent.refusal().isEmpty());
      assertThat(refused.state()).isEqualTo("starting");
      assertThat(refused.refusal()).contains("/register", "404", "Attempt 1/");
    } finally {
      server.stop(0);
    }
  }

  private AgentSlot slot(String agent, List<String> said) throws IOException {
    return slot(agent, "http://127.0.0.1:1/v3", said);
  }

  private AgentSlot slot(String agent, String endpoint, List<String> said) throws IOException {
    Path config = dir.resolve("bakehouse.yml");
    Path program = dir.resolve("agent");
    Directories.writeProgram(program, ("#!/bin/sh\n" + agent).getBytes(StandardCharsets.UTF_8));
    Directories.writePrivate(dir.resolve("token"), new byte[] {'t'});
    Files.writeString(
        config,
        "host: {name: oven, state: '%s/state', slots: 1}\nvm: {hypervisor: qemu}\nagent: {binary: '%s', endpoint: '%s', token-file: '%s/token', cancel-grace-seconds: 2}\n"
            .formatted(dir, program, endpoint, dir));
    return new AgentSlot(HostSettings.read(config), 0, said::add);
  }

  /// As the daemon does, only quicker.
  private static HostStatus.Agent await(AgentSlot slot, Predicate<HostStatus.Agent> state) {
    return Poll.until(
        "the agent's state",
        Duration.ofSeconds(30),
        () -> {
          slot.tick(Optional.of(List.of("queue=q")));
          return Optional.of(slot.status()).filter(state);
        });
  }

  /// In the directory that the agent works in.
  private void create(String name) throws IOException {
    Files.createFile(dir.resolve("state/agents/0").resolve(name));
  }

  @Test
  void theAgentOfAnEndedDaemonIsBusyUntilItHasLeft() throws Exception {
    Path config = dir.resolve("bakehouse.yml");
    Files.writeString(
        config,
        "host: {name: oven, state: '" + dir + "/state', slots: 1}\nvm: {hypervisor: qemu}\n");
    HostSettings host = HostSettings.read(config);
    List<String> said = new ArrayList<>();
    AgentSlot slot = new AgentSlot(host, 0, said::add);
    assertThat(slot.status().state()).isEqualTo("away");
    Process before = new ProcessBuilder("sleep", "1000").start();
    try {
      Files.createDirectories(AgentConfig.temporary(host, 0));
      Path note = AgentConfig.temporary(host, 0).resolve("job-env-" + JOB + "123");
      Files.writeString(note, "");
      Directories.writePrivate(
          AgentProcess.identity(host, 0),
          Processes.identity(before.toHandle()).text().getBytes(StandardCharsets.UTF_8));
      slot.tick(Optional.empty());
      assertThat(slot.status().state()).isEqualTo("leaving");
      assertThat(slot.status().job()).isEqualTo(JOB);
      assertThat(said).singleElement().asString().startsWith("waiting for the agent of an ended");
    } finally {
      before.destroyForcibly().waitFor();
    }
    slot.tick(Optional.empty());
    assertThat(slot.status().state()).isEqualTo("away");
    slot.close();
  }
}
