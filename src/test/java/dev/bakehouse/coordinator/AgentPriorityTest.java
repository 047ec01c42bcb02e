package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Poll;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Which of the agents that could run a job gets it: those with a higher priority first, those with
/// none last (buildkite.com/docs/agent/self-hosted/prioritization).
class AgentPriorityTest extends WithCoordinator {
  private HandClient agent(String name, String more) throws Exception {
    return HandClient.connected(
        coordinator, "{\"name\":\"" + name + "\",\"meta_data\":[]" + more + "}");
  }

  private static String asked(HandClient agent) throws Exception {
    return agent.call("GET", "/v3/ping", agent.agent, "").json().path("job").path("id").asString();
  }

  @Test
  void whoAsksFirstLeavesAJobToTheHigher() throws Exception {
    HandClient none = agent("none", "");
    HandClient low = agent("low", ",\"priority\":\"-1\"");
    HandClient high = agent("high", ",\"priority\":\"7\"");
    build("{key: a, command: x}, {key: b, command: x}, {key: c, command: x}");
    assertThat(asked(none)).isEmpty();
    assertThat(high.begin().path("step").path("key").asString()).isEqualTo("a");
    assertThat(low.begin().path("step").path("key").asString()).isEqualTo("b");
    assertThat(none.begin().path("step").path("key").asString()).isEqualTo("c");
  }

  @Test
  void ofThoseThatWaitTheHigherGetsIt() throws Exception {
    HandClient low = agent("low", ",\"priority\":\"1\"");
    HandClient high = agent("high", ",\"priority\":\"2\"");
    CompletableFuture<String> lower = CompletableFuture.supplyAsync(() -> waited(low));
    build("{key: a, command: x}");
    JsonNode first = high.begin();
    assertThat(first.path("step").path("key").asString()).isEqualTo("a");
    assertThat(lower.get(1, TimeUnit.MINUTES)).isEmpty();
  }

  private static String waited(HandClient agent) {
    try {
      return asked(agent);
    } catch (Exception e) {
      throw new CompletionException(e);
    }
  }

  @Test
  void notToOneThatCanNotRunItAndNotForLong() throws Exception {
    HandClient low = agent("low", "");
    HandClient _ = agent("high", ",\"priority\":\"7\"");
    build("{key: a, command: x, agents: {queue: mac}}");
    HandClient mac =
        HandClient.connected(
            coordinator, "{\"name\":\"m\",\"meta_data\":[\"queue=mac\"],\"priority\":\"1\"}");
    assertThat(mac.begin().path("step").path("key").asString()).isEqualTo("a");
    build("{key: b, command: x}");
    assertThat(asked(low)).isEmpty();
    String job =
        Poll.until(
            "the job that nobody else asks for",
            Duration.ofSeconds(10),
            () -> Optional.of(asked(low)).filter(id -> !id.isEmpty()));
    assertThat(job).hasSize(36);
  }

  @Test
  void aStepGoesToTheHostThatRanItLastWhileThatHasAnIdleAgent() throws Exception {
    HandClient far = host("far", ",\"priority\":\"2\"");
    HandClient near = host("near", ",\"priority\":\"1\"");
    HandClient another = host("near", "");
    build("{key: a, command: x}, {key: b, command: x}");
    var first = far.begin();
    assertThat(end(near)).isEqualTo("b");
    assertThat(end(far, first)).isEqualTo("a");
    build("{key: b, command: x}, {key: a, command: x}, {key: b2, command: x}");
    assertThat(end(far)).as("not the first in the queue").isEqualTo("a");
    assertThat(asked(another)).as("left to the same host's higher one").isEmpty();
    assertThat(near.begin().path("step").path("key").asString()).isEqualTo("b");
    assertThat(end(far)).isEqualTo("b2");
    build("{key: b, command: x}");
    assertThat(asked(far)).isEmpty();
    assertThat(another.begin().path("step").path("key").asString()).isEqualTo("b");
    build("{key: b, command: x}");
    assertThat(end(far)).as("nobody is idle there").isEqualTo("b");
  }

  private HandClient host(String name, String more) throws Exception {
    return HandClient.connected(
        coordinator, "{\"name\":\"x\",\"meta_data\":[\"host=" + name + "\"]" + more + "}");
  }

  /// @return the step of the job that the agent got
  private static String end(HandClient agent) throws Exception {
    return end(agent, agent.begin());
  }

  private static String end(HandClient agent, JsonNode job) throws Exception {
    assertThat(agent.finish(job, "0").status()).isLessThan(300);
    return job.path("step").path("key").asString();
  }

  @Test
  void streamsAreOfferedJobsInThatOrder() throws Exception {
    HandClient low = agent("low", ",\"priority\":\"1\"");
    HandClient high = agent("high", ",\"priority\":\"2\"");
    try (StreamClient lower = stream(low);
        StreamClient higher = stream(high)) {
      assertThat(lower.next()).isEqualTo("resume");
      assertThat(higher.next()).isEqualTo("resume");
      for (int n = 0; n < 5; n++) {
        build("{key: a, command: x}");
        String id = higher.next();
        var job = high.call("PUT", "/v3/jobs/" + id + "/accept", high.agent, "").json();
        var _ = high.call("PUT", HandClient.path(job) + "/start", HandClient.token(job), "{}");
        var _ = high.finish(job, "0");
      }
      assertThat(lower.silent(Duration.ofMillis(300))).isTrue();
    }
  }

  private StreamClient stream(HandClient client) throws IOException {
    return new StreamClient(coordinator, client.agent, client.agent.split("\\.")[1]);
  }

  @Test
  void aPriorityIsAWholeNumber() throws Exception {
    String token = Files.readString(coordinator.registrationToken()).strip();
    HandClient client = agent("one", "");
    String body = "{\"name\":\"x\",\"meta_data\":[],\"priority\":\"much\"}";
    assertThat(client.call("POST", "/v3/register", token, body).status()).isEqualTo(422);
  }
}
