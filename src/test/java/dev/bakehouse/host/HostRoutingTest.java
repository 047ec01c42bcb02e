package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.host.ImageState.Standing;
import dev.bakehouse.job.HostSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `host.routing`: the agents' queue says whether the host is ready, or does not.
class HostRoutingTest {
  private static final Readiness READY = readiness(Standing.READY, "");
  private static final Readiness MISSING = readiness(Standing.MISSING, "image a is missing");

  @TempDir Path dir;

  private static Readiness readiness(Standing standing, String reason) {
    return Readiness.of(
        List.of(new ImageState("a", "a", standing, reason, "", "")), Optional.empty());
  }

  private List<String> queues(String host, String agent, Readiness readiness) throws IOException {
    Path file = Files.writeString(dir.resolve("b.yml"), "host: " + host + "\nagent: " + agent);
    return AgentTags.of(HostSettings.read(file), false).with(readiness).stream()
        .filter(tag -> tag.startsWith("queue="))
        .toList();
  }

  @Test
  void byQueuesAnAgentIsInOneOfTwo() throws IOException {
    String host = "{routing: queues}";
    String agent = "{tags: {queue: darwin}}";
    assertThat(queues(host, agent, READY)).containsExactly("queue=darwin-ready");
    assertThat(queues(host, agent, MISSING)).containsExactly("queue=darwin-prep");
    assertThat(queues(host, "{}", READY)).containsExactly("queue=default-ready");
  }

  @Test
  void byTagsTheQueueStays() throws IOException {
    for (Readiness readiness : List.of(READY, MISSING)) {
      assertThat(queues("{routing: tags}", "{tags: {queue: darwin}}", readiness))
          .containsExactly("queue=darwin");
      assertThat(queues("{}", "{}", readiness)).containsExactly("queue=default");
    }
  }
}
