package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentSlotTest {
  private static final String JOB = "01234567-89ab-cdef-0123-456789abcdef";

  @TempDir Path dir;

  /// Nothing else tells that its token is wrong.
  @Test
  void tellsWhyAnAgentEndedByItself() throws Exception {
    Path config = dir.resolve("bakehouse.yml");
    Path agent = dir.resolve("agent");
    Files.writeString(agent, "#!/bin/sh\necho fatal: 401 Unauthorized\necho\nexit 1\n");
    Files.setPosixFilePermissions(agent, PosixFilePermissions.fromString("rwx------"));
    Directories.writePrivate(dir.resolve("token"), new byte[] {'t'});
    Files.writeString(
        config,
        "host: {name: oven, state: '%s/state', slots: 1}\nvm: {hypervisor: qemu}\nagent: {binary: '%s', token-file: '%s/token'}\n"
            .formatted(dir, agent, dir));
    List<String> said = new ArrayList<>();
    try (AgentSlot slot = new AgentSlot(HostSettings.read(config), 0, said::add)) {
      String trouble =
          Poll.until(
              "the agent's end",
              Duration.ofSeconds(30),
              () -> {
                slot.tick(Optional.of(List.of("queue=q")));
                return Optional.of(slot.status().trouble()).filter(why -> !why.isEmpty());
              });
      assertThat(trouble).isEqualTo("ended by itself: fatal: 401 Unauthorized");
      assertThat(said).last().asString().contains(trouble);
    }
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
