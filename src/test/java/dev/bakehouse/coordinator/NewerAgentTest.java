package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.coordinator.HandClient.Answer;
import dev.bakehouse.platform.Poll;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// What agents newer than 3.78 do, by a client that was written from the API's description.
class NewerAgentTest extends WithCoordinator {
  private StreamClient stream(HandClient client) throws IOException {
    String id = client.agent.split("\\.")[1];
    return new StreamClient(coordinator, client.agent, id);
  }

  private JsonNode begin(HandClient client, String id) throws Exception {
    JsonNode job = client.call("PUT", "/v3/jobs/" + id + "/accept", client.agent, "").json();
    client.call("PUT", "/v3/jobs/" + id + "/start", HandClient.token(job), "{}");
    return job;
  }

  @Test
  void jobsComeOverAStreamOneAfterTheOther() throws Exception {
    HandClient client = HandClient.connected(coordinator, "one", "[\"queue=default\"]");
    try (StreamClient stream = stream(client)) {
      assertThat(stream.status).contains("200");
      assertThat(stream.next()).isEqualTo("resume");
      String id = build("p", "steps: [{key: a, command: x}, {key: b, command: x}]");
      JsonNode first = begin(client, stream.next());
      assertThat(stream.silent(Duration.ofMillis(300))).as("it has a job").isTrue();
      client.finish(first, "0");
      JsonNode second = begin(client, stream.next());
      assertThat(second.path("id")).isNotEqualTo(first.path("id"));
      client.finish(second, "0");
      assertThat(coordinator.build(id).state()).isEqualTo("passed");
      assertThat(coordinator.build(id).jobs()).hasSize(2);
    }
  }

  @Test
  void aStreamThatIsOpenedAnewBeginsWithWhatIsTrue() throws Exception {
    HandClient client = HandClient.connected(coordinator, "one", "[]");
    String id;
    try (StreamClient stream = stream(client)) {
      assertThat(stream.next()).isEqualTo("resume");
      id = build("p", "steps: [{key: a, command: x}]");
      assertThat(stream.next()).hasSize(36);
    }
    JsonNode job;
    try (StreamClient again = stream(client)) {
      assertThat(again.next()).isEqualTo("resume");
      job = begin(client, again.next());
    }
    try (StreamClient inTheJob = stream(client)) {
      assertThat(inTheJob.next()).isEqualTo("resume");
      assertThat(client.finish(job, "0").status()).isEqualTo(200);
    }
    assertThat(coordinator.build(id).state()).isEqualTo("passed");
    assertThat(coordinator.build(id).jobs()).as("a new stream is no loss").hasSize(1);
  }

  @Test
  void pauseAndStopComeOverTheStream() throws Exception {
    HandClient client = HandClient.connected(coordinator, "one", "[]");
    try (StreamClient stream = stream(client)) {
      stream.next();
      build("p", "steps: [{key: a, command: x}]");
      JsonNode job = begin(client, stream.next());
      client.call("POST", "/v3/pause", HandClient.token(job), "{\"timeout_in_minutes\":1}");
      assertThat(stream.next()).isEqualTo("pause");
      client.finish(job, "0");
      build("p", "steps: [{key: b, command: x}]");
      assertThat(stream.silent(Duration.ofMillis(300))).as("paused").isTrue();
      client.call("POST", "/v3/resume", client.agent, "");
      assertThat(stream.next()).isEqualTo("resume");
      assertThat(stream.next()).as("the job that waited").hasSize(36);
      client.call("POST", "/v3/stop", client.agent, "{}");
      assertThat(stream.next()).isEqualTo("disconnect");
    }
  }

  @Test
  void aJobThatWaitedForTheResumeIsOfferedOnce() throws Exception {
    HandClient client = HandClient.connected(coordinator, "one", "[]");
    try (StreamClient stream = stream(client)) {
      assertThat(stream.next()).isEqualTo("resume");
      for (int i = 0; i < 50; i++) {
        client.call("POST", "/v3/pause", client.agent, "{\"timeout_in_minutes\":1}");
        assertThat(stream.next()).as("round %d", i).isEqualTo("pause");
        build("p", "steps: [{key: a, command: x}]");
        client.call("POST", "/v3/resume", client.agent, "");
        assertThat(stream.next()).isEqualTo("resume");
        client.finish(begin(client, stream.next()), "0");
      }
    }
  }

  @Test
  void anAgentWithoutAStreamGoesOnByPolling() throws Exception {
    HandClient client = HandClient.connected(coordinator, "one", "[]");
    HandClient other = HandClient.connected(coordinator, "two", "[]");
    try (StreamClient wrong = new StreamClient(coordinator, "no-token", "x")) {
      assertThat(wrong.status).contains("401");
    }
    try (StreamClient crossed =
        new StreamClient(coordinator, client.agent, other.agent.split("\\.")[1])) {
      assertThat(crossed.status).contains("403");
    }
    try (StreamClient closed = stream(client)) {
      assertThat(closed.next()).isEqualTo("resume");
    }
    String id = build("p", "steps: [{key: a, command: x}, {key: b, command: x}]");
    client.finish(client.begin(), "0");
    other.finish(other.begin(), "0");
    assertThat(coordinator.build(id).state()).isEqualTo("passed");
  }

  @Test
  void aJobThatItsAgentForgotIsLost() throws Exception {
    coordinator.close();
    coordinator =
        Coordinator.start(
            Config.of(0, dir.resolve("state")).lostAfter(Duration.ofSeconds(1)).infraRetries(0));
    HandClient client = HandClient.connected(coordinator, "one", "[]");
    String id = build("p", "steps: [{key: a, command: x}]");
    client.begin();
    Poll.until(
        "the job's end",
        Duration.ofSeconds(10),
        () -> {
          client.call("POST", "/v3/heartbeat", client.agent, "{}");
          return Optional.of(coordinator.build(id)).filter(BuildView::ended);
        });
    assertThat(coordinator.build(id).jobs().getFirst().signalReason()).isEqualTo("agent_lost");
  }

  @Test
  void aPromisedFailureIsKept() throws Exception {
    HandClient client = HandClient.connected(coordinator, "one", "[]");
    String id = build("p", "steps: [{key: a, command: x}]");
    JsonNode job = client.begin();
    assertThat(job.path("priority").isNumber()).as("agents read an int").isTrue();
    String promise = HandClient.path(job) + "/promise_failure";
    String token = HandClient.token(job);
    assertThat(client.call("PUT", promise, token, "{\"exit_status\":0}").status()).isEqualTo(400);
    for (int i = 0; i < 2; i++) {
      assertThat(client.call("PUT", promise, token, "{\"exit_status\":3}").status()).isEqualTo(204);
    }
    assertThat(client.call("PUT", promise, token, "{\"exit_status\":4}").status()).isEqualTo(409);
    assertThat(coordinator.build(id).state()).isEqualTo("failing");
    client.finish(job, "0");
    assertThat(coordinator.build(id).state()).isEqualTo("failed");
    assertThat(coordinator.build(id).jobs().getFirst().exitStatus()).isEqualTo("3");
    assertThat(client.call("PUT", promise, token, "{\"exit_status\":3}").status()).isEqualTo(422);
  }

  @Test
  void aJobChangesItsPriorityAndAsksForSecrets() throws Exception {
    Path secrets = Files.createDirectories(dir.resolve("state/secrets"));
    Files.writeString(secrets.resolve("DEPLOY_KEY"), "s3cret\n");
    HandClient client = HandClient.connected(coordinator, "one", "[]");
    build("p", "steps: [{key: a, command: x}]");
    JsonNode job = client.begin();
    String path = HandClient.path(job);
    String token = HandClient.token(job);
    assertThat(client.call("PUT", path, token, "{\"priority\":\"5\"}").json().path("id"))
        .isEqualTo(job.path("id"));
    assertThat(client.call("PUT", path, token, "{\"priority\":\"x\"}").status()).isEqualTo(422);
    Answer secret = client.call("GET", path + "/secrets?key=DEPLOY_KEY", token, "");
    assertThat(secret.json().path("value").asString()).isEqualTo("s3cret");
    for (String name : new String[] {"absent", "", "..%2Ftokens%2Fapi", "DEPLOY_KEY%00"}) {
      assertThat(client.call("GET", path + "/secrets?key=" + name, token, "").status())
          .as(name)
          .isEqualTo(404);
    }
    Answer oidc = client.call("POST", path + "/oidc/tokens", token, "{\"audience\":\"a\"}");
    assertThat(oidc.status()).isEqualTo(422);
    assertThat(oidc.json().path("message").asString()).contains("OIDC");
    String registration = Files.readString(coordinator.registrationToken()).strip();
    Answer identity = client.call("GET", "/v3/token", registration, "");
    assertThat(identity.json().path("organization_slug").asString()).isEqualTo("bakehouse");
  }

  @Test
  void aCallWhoseAnswerWasLostIsMadeAgainWithoutHarm() throws Exception {
    HandClient client = HandClient.connected(coordinator, "one", "[]");
    String id = build("p", "steps: [{key: a, command: x}]");
    String job = client.call("GET", "/v3/ping", client.agent, "").json().at("/job/id").asString();
    assertThat(client.call("GET", "/v3/ping", client.agent, "").json().at("/job/id").asString())
        .isEqualTo(job);
    String path = "/v3/jobs/" + job;
    JsonNode accepted = client.call("PUT", path + "/accept", client.agent, "").json();
    assertThat(client.call("PUT", path + "/accept", client.agent, "").json()).isEqualTo(accepted);
    String token = HandClient.token(accepted);
    String batch = "{\"id\":\"b\",\"artifacts\":[{\"path\":\"a\",\"file_size\":1}]}";
    for (int i = 0; i < 2; i++) {
      assertThat(client.call("PUT", path + "/start", token, "{}").status()).isEqualTo(200);
      assertThat(client.chunk(accepted, 1, 0, "text").status()).isEqualTo(200);
      assertThat(client.call("POST", path + "/artifacts", token, batch).json().path("artifact_ids"))
          .hasSize(1);
    }
    for (int i = 0; i < 2; i++) {
      assertThat(client.finish(accepted, "0").status()).isEqualTo(200);
    }
    assertThat(coordinator.build(id).jobs()).hasSize(1);
    assertThat(coordinator.build(id).state()).isEqualTo("passed");
    assertThat(coordinator.log(job)).asString().isEqualTo("text");
    assertThat(client.call("PUT", path + "/accept", client.agent, "").status()).isEqualTo(422);
  }

  @Test
  void theTokenOfAnEndedJobChangesNothing() throws Exception {
    HandClient client = HandClient.connected(coordinator, "one", "[]");
    String id = build("p", "steps: [{key: a, command: x}, {key: b, command: x}]");
    JsonNode job = client.begin();
    String path = HandClient.path(job);
    String token = HandClient.token(job);
    String one = "{\"id\":\"b\",\"artifacts\":[{\"path\":\"a\",\"file_size\":1}],";
    Answer announced =
        client.call("POST", path + "/artifacts", token, one + "\"multipart_supported\":true}");
    String artifact = announced.json().path("artifact_ids").path(0).asString();
    String url =
        announced.json().at("/per_artifact_instructions/" + artifact + "/actions/0/url").asString();
    assertThat(client.call("PUT", url, "", "x").status()).isEqualTo(200);
    String state = "{\"artifacts\":[{\"id\":\"" + artifact + "\",\"state\":\"finished\"}]}";
    assertThat(client.call("PUT", path + "/artifacts", token, state).status()).isEqualTo(200);
    assertThat(client.call("PUT", url, "", "y").status()).as("others read it").isEqualTo(409);
    client.finish(job, "0");
    String set = "{\"key\":\"k\",\"value\":\"v\"}";
    assertThat(client.call("POST", path + "/data/set", token, set).status()).isEqualTo(401);
    assertThat(client.call("POST", path + "/annotations", token, "{\"body\":\"x\"}").status())
        .isEqualTo(401);
    assertThat(client.call("POST", path + "/artifacts", token, one + "\"x\":1}").status())
        .isEqualTo(401);
    assertThat(client.call("GET", path, token, "").status()).as("it may look").isEqualTo(200);
    assertThat(client.finish(job, "0").status()).as("an answer was lost").isEqualTo(200);
    assertThat(coordinator.build(id).metaData()).isEmpty();
  }

  @Test
  void aStreamEndsWithTheCoordinator() throws Exception {
    HandClient client = HandClient.connected(coordinator, "one", "[]");
    try (StreamClient stream = stream(client)) {
      stream.next();
      coordinator.close();
      assertThatThrownBy(stream::next).isInstanceOf(IOException.class);
    }
  }
}
