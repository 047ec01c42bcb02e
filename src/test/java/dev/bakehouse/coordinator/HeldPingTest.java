package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// A ping for which there is nothing yet is answered as soon as there is something: agents ask once
/// a second, and their jobs need not wait for the next time.
class HeldPingTest extends WithCoordinator {
  private static final String ONE = "{key: a, command: x}";

  private HandClient agent() throws Exception {
    return HandClient.connected(coordinator, "one", "[]");
  }

  private String build() {
    return build("p", "steps: [" + ONE + "]");
  }

  private static JsonNode ping(HandClient agent) throws Exception {
    return agent.call("GET", "/v3/ping", agent.agent, "").json();
  }

  private static CompletableFuture<JsonNode> asks(HandClient agent) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return ping(agent);
          } catch (Exception e) {
            throw new CompletionException(e);
          }
        });
  }

  @Test
  void anEmptyAnswerTakesNearlyAsLongAsTheAgentWouldWait() throws Exception {
    HandClient agent = agent();
    long begin = System.nanoTime();
    assertThat(ping(agent)).isEmpty();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(800));
  }

  @Test
  void aJobThatComesMeanwhileIsTheAnswer() throws Exception {
    HandClient agent = agent();
    for (int n = 0; n < 10; n++) {
      CompletableFuture<JsonNode> answer = asks(agent);
      String build = build();
      String id = answer.get(30, TimeUnit.SECONDS).at("/job/id").asString();
      assertThat(id).isEqualTo(coordinator.build(build).jobs().getFirst().id());
      JsonNode job = agent.begin();
      assertThat(job.path("id").asString()).isEqualTo(id);
      assertThat(agent.finish(job, "0").status()).isLessThan(300);
    }
  }

  @Test
  void anAgentThatIsToStopIsToldAtOnce() throws Exception {
    HandClient agent = agent();
    CompletableFuture<JsonNode> answer = asks(agent);
    assertThat(agent.call("POST", "/v3/stop", agent.agent, "{}").status()).isEqualTo(200);
    assertThat(answer.get(30, TimeUnit.SECONDS).path("action").asString()).isEqualTo("disconnect");
  }

  /// As its host says, whose signal it does not heed before it has its answer.
  @Test
  void norIsOneThatLeavesGivenAJob() throws Exception {
    HandClient agent = agent();
    CompletableFuture<JsonNode> answer = asks(agent);
    String token = Files.readString(coordinator.registrationToken()).strip();
    String one = "{\"name\":\"one\"}";
    assertThat(agent.call("POST", "/v3/leaving", token, one).status()).isEqualTo(200);
    String build = build();
    assertThat(answer.get(30, TimeUnit.SECONDS).has("job")).isFalse();
    assertThat(ping(agent).path("action").asString()).isEqualTo("disconnect");
    assertThat(coordinator.build(build).jobs().getFirst().state()).isEqualTo(JobState.SCHEDULED);
    assertThat(agent.call("POST", "/v3/leaving", agent.agent, one).status()).isEqualTo(401);
    assertThat(agent.call("POST", "/v3/leaving", token, "{}").status()).isEqualTo(400);
  }

  @Test
  void oneThatAsksAnewIsAnsweredOnce() throws Exception {
    HandClient agent = agent();
    CompletableFuture<JsonNode> first = asks(agent);
    CompletableFuture<JsonNode> second = asks(agent);
    String _ = build();
    String id = agent.begin().path("id").asString();
    assertThat(id).isNotEmpty();
    for (CompletableFuture<JsonNode> answer : List.of(first, second)) {
      String told = answer.get(30, TimeUnit.SECONDS).at("/job/id").asString();
      assertThat(told).isIn("", id);
    }
  }
}
