package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.coordinator.HandClient.Answer;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The agent API by hand: what newer agents send, and what no agent should.
class AgentApiTest {
  @TempDir Path dir;
  private Coordinator coordinator;

  @BeforeEach
  void start() {
    coordinator = Coordinator.start(config());
  }

  @AfterEach
  void stop() {
    coordinator.close();
  }

  private Config config() {
    return Config.of(0, dir.resolve("state")).forcedEnd(Duration.ofSeconds(1)).infraRetries(1);
  }

  private String build(String yaml) {
    return coordinator.create(
        new BuildRequest("p", "repo", "HEAD", "main", "", Map.of()), Pipeline.parse("p", yaml));
  }

  @Test
  void partsAreUploadedByRawPut() throws Exception {
    build("steps: [{key: a, command: x}]");
    HandClient client = HandClient.connected(coordinator, "one", "[]");
    JsonNode job = client.begin();
    String token = HandClient.token(job);
    String announced =
        """
        {"id":"batch-1","artifacts":[{"path":"d/a.txt","file_size":5},{"path":"empty","file_size":0}],
         "upload_destination":"","multipart_supported":true}
        """;
    Answer first = client.call("POST", HandClient.path(job) + "/artifacts", token, announced);
    Answer again = client.call("POST", HandClient.path(job) + "/artifacts", token, announced);
    assertThat(again.json().path("artifact_ids")).isEqualTo(first.json().path("artifact_ids"));
    String id = first.json().path("artifact_ids").path(0).asString();
    JsonNode action =
        first.json().path("per_artifact_instructions").path(id).path("actions").path(0);
    String url = action.path("url").asString();
    String finished = "{\"artifacts\":[{\"id\":\"" + id + "\",\"state\":\"finished\"}]}";
    assertThat(client.call("PUT", HandClient.path(job) + "/artifacts", token, finished).status())
        .as("finished without bytes")
        .isEqualTo(422);
    assertThat(client.call("PUT", url, "", "too many bytes").status()).isEqualTo(413);
    assertThat(client.call("PUT", url, "", "few").status()).isEqualTo(422);
    assertThat(client.call("PUT", url + "x", "", "hello").status()).isEqualTo(401);
    Answer put = client.call("PUT", url, "", "hello");
    assertThat(put.status()).isEqualTo(200);
    assertThat(put.raw().headers().firstValue("ETag")).isPresent();
    assertThat(client.call("PUT", HandClient.path(job) + "/artifacts", token, finished).status())
        .isEqualTo(200);
    String build = job.path("env").path("BUILDKITE_BUILD_ID").asString();
    Answer found =
        client.call(
            "GET",
            "/v3/builds/" + build + "/artifacts/search?query=d/*&scope=a&state=finished",
            token,
            "".getBytes(),
            "X-A",
            "b");
    assertThat(found.json()).hasSize(1);
    String link = found.json().path(0).path("url").asString();
    assertThat(
            new String(
                client.call("GET", link.replaceFirst("\\.[^.]*$", ".x"), "", "").raw().body()))
        .contains("not signed");
    Answer none =
        client.call(
            "GET", "/v3/builds/" + build + "/artifacts/search?query=e*&state=finished", token, "");
    assertThat(none.json().toString()).isEqualTo("[]");
  }

  @Test
  void tokensAreGoodForTheirOwnOnly() throws Exception {
    build("steps: [{key: a, command: x}]");
    build("steps: [{key: b, command: x}]");
    HandClient one = HandClient.connected(coordinator, "one", "[]");
    HandClient two = HandClient.connected(coordinator, "two", "[]");
    JsonNode a = one.begin();
    JsonNode b = two.begin();
    String set = "{\"key\":\"k\",\"value\":\"v\"}";
    assertThat(
            one.call("POST", HandClient.path(b) + "/data/set", HandClient.token(a), set).status())
        .isEqualTo(403);
    assertThat(
            one.call("PUT", HandClient.path(b) + "/finish", one.agent, "{\"exit_status\":\"0\"}")
                .status())
        .isEqualTo(403);
    String other = "/v3/builds/" + b.path("env").path("BUILDKITE_BUILD_ID").asString();
    assertThat(one.call("POST", other + "/data/get", HandClient.token(a), set).status())
        .isEqualTo(403);
    assertThat(one.call("POST", other + "/cancel", HandClient.token(a), "").status())
        .isEqualTo(403);
    assertThat(one.call("GET", "/v3/ping", "wrong", "").status()).isEqualTo(401);
    assertThat(one.call("POST", "/v3/register", one.agent, "{\"name\":\"x\"}").status())
        .isEqualTo(401);
    String forged = one.agent.replaceFirst("\\.[^.]*\\.", ".11111111.");
    assertThat(one.call("GET", "/v3/ping", forged, "").status()).isEqualTo(401);
    assertThat(one.call("GET", "/v2/organizations/bakehouse/agents", one.agent, "").status())
        .isEqualTo(401);
    for (String name : List.of("registration", "api", "signing")) {
      Path file = dir.resolve("state/tokens").resolve(name);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void malformedRequestsAreAnsweredWithJson() throws Exception {
    build("steps: [{key: a, command: x}]");
    HandClient client = HandClient.connected(coordinator, "one", "[]");
    JsonNode job = client.begin();
    String token = HandClient.token(job);
    String path = HandClient.path(job);
    assertThat(client.call("POST", path + "/data/set", token, "{\"key\":").status()).isEqualTo(400);
    assertThat(client.call("POST", path + "/data/set", token, "[1]").status()).isEqualTo(400);
    assertThat(client.call("POST", path + "/data/set", token, "{}").status()).isEqualTo(400);
    assertThat(client.call("PUT", path + "/finish", token, "{\"exit_status\":[]}").status())
        .isEqualTo(400);
    assertThat(client.call("POST", path + "/chunks?sequence=x&offset=0", token, "a").status())
        .isEqualTo(400);
    assertThat(
            client.call("POST", path + "/chunks?sequence=1&offset=9999999999", token, "a").status())
        .isEqualTo(413);
    assertThat(client.call("POST", path + "/data/set", token, "x".repeat(17 << 20)).status())
        .isEqualTo(413);
    assertThat(
            client
                .call(
                    "POST",
                    path + "/chunks?sequence=1&offset=0",
                    token,
                    "no gzip".getBytes(),
                    "Content-Encoding",
                    "gzip")
                .status())
        .isEqualTo(400);
    assertThat(
            client
                .call(
                    "POST",
                    path + "/pipelines",
                    token,
                    "{\"uuid\":\"u\",\"pipeline\":{\"steps\":[{\"shout\":\"x\"}]}}")
                .status())
        .isEqualTo(422);
    for (String unknown :
        List.of(
            "/web",
            "/web/none",
            "/v3/nothing",
            "/v4",
            "/v3/jobs/%zz",
            "/v2/organizations/x/agents")) {
      Answer answer = client.call("GET", unknown.replace("%zz", "%2F/a"), token, "");
      assertThat(answer.status()).as(unknown).isIn(401, 404);
      assertThat(answer.json().path("message").asString()).isNotEmpty();
    }
    Answer stream =
        client.call("POST", "/agentedge.v1.AgentEdgeService/StreamPings", client.agent, "");
    assertThat(stream.status()).isEqualTo(400);
  }

  @Test
  void uploadsAndMetaDataCountOnce() throws Exception {
    String id = build("steps: [{key: a, command: x}, {key: z, command: x}]");
    HandClient client = HandClient.connected(coordinator, "one", "[]");
    JsonNode job = client.begin();
    String upload =
        "{\"uuid\":\"u1\",\"pipeline\":{\"steps\":[{\"key\":\"b\",\"command\":\"y\"},\"wait\"]}}";
    for (int i = 0; i < 3; i++) {
      Answer answer =
          client.call(
              "POST",
              HandClient.path(job) + "/pipelines?async=true",
              HandClient.token(job),
              upload);
      assertThat(answer.status()).isEqualTo(200);
    }
    assertThat(coordinator.build(id).jobs())
        .extracting(JobView::key)
        .containsExactly("a", "b", "z");
    String batch = "{\"items\":[{\"key\":\"k1\",\"value\":\"1\"},{\"key\":\"k2\",\"value\":\"\"}]}";
    client.call("POST", HandClient.path(job) + "/data/set-batch", HandClient.token(job), batch);
    assertThat(coordinator.build(id).metaData()).containsEntry("k1", "1").containsEntry("k2", "");
    String half = "{\"items\":[{\"key\":\"k3\",\"value\":\"1\"},{\"key\":\"k4\"}]}";
    client.call("POST", HandClient.path(job) + "/data/set-batch", HandClient.token(job), half);
    assertThat(coordinator.build(id).metaData()).doesNotContainKey("k3");
    String note = "{\"body\":\"n\",\"context\":\"a.b/c\"}";
    client.call("POST", HandClient.path(job) + "/annotations", HandClient.token(job), note);
    String escaped = HandClient.path(job) + "/annotations/a%2Eb%2Fc?scope=build";
    assertThat(client.call("DELETE", escaped, HandClient.token(job), "").status()).isEqualTo(200);
    assertThat(client.call("DELETE", escaped, HandClient.token(job), "").status()).isEqualTo(404);
  }

  @Test
  void chunksMayComeInAnyOrderAndTwice() throws Exception {
    String id = build("steps: [{key: a, command: x}]");
    HandClient client = HandClient.connected(coordinator, "one", "[]");
    JsonNode job = client.begin();
    client.chunk(job, 3, 8, "three");
    client.chunk(job, 1, 0, "one ");
    assertThat(new Logs(core()).read(job.path("id").asString(), 0, false).bytes()).hasSize(4);
    client.chunk(job, 2, 4, "two ");
    client.chunk(job, 2, 4, "two ");
    assertThat(coordinator.log(job.path("id").asString())).asString().isEqualTo("one two three");
    assertThat(client.finish(job, "0").status()).isEqualTo(200);
    assertThat(client.finish(job, "1").status()).as("said again").isEqualTo(200);
    assertThat(coordinator.build(id).state()).isEqualTo("passed");
    assertThat(client.chunk(job, 4, 13, "late").status()).isEqualTo(422);
  }

  private Core core() {
    Changes changes = new Changes();
    Path state = dir.resolve("state");
    return Core.of(
        config(),
        Database.open(state.resolve("coordinator.db"), changes),
        changes,
        new Tokens(state.resolve("tokens")));
  }

  @Test
  void anAgentThatForgotItsJobLosesItAndNoMoreThanAFewTimes() throws Exception {
    String id = build("steps: [{key: a, command: x}]");
    HandClient client = HandClient.connected(coordinator, "one", "[]");
    client.begin();
    JsonNode again = client.take();
    assertThat(again.path("env").path("BUILDKITE_RETRY_COUNT").asString()).isEqualTo("1");
    client.call("GET", "/v3/ping", client.agent, "");
    assertThat(coordinator.build(id).jobs())
        .extracting(JobView::signalReason)
        .containsExactly("agent_lost", "agent_lost");
    assertThat(coordinator.build(id).state()).isEqualTo("failed");
    Answer state = client.call("GET", HandClient.path(again), HandClient.token(again), "");
    assertThat(state.json().path("state").asString()).isEqualTo("canceled");
  }

  @Test
  void acceptedStateSurvivesARestart() throws Exception {
    String id = build("steps: [{key: a, command: x}]");
    HandClient client = HandClient.connected(coordinator, "one", "[\"queue=default\"]");
    JsonNode job = client.begin();
    client.chunk(job, 1, 0, "before ");
    coordinator.close();
    coordinator = Coordinator.start(config());
    HandClient same = new HandClient(coordinator);
    same.agent = client.agent;
    assertThat(same.call("POST", "/v3/heartbeat", same.agent, "{}").status()).isEqualTo(200);
    same.chunk(job, 2, 7, "after");
    same.finish(job, "0");
    assertThat(coordinator.log(job.path("id").asString())).asString().isEqualTo("before after");
    assertThat(coordinator.build(id).state()).isEqualTo("passed");
    assertThatThrownBy(() -> Coordinator.start(config()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Another coordinator");
  }

  @Test
  void stoppingPausedAndDisconnectingAgentsGetNoJobs() throws Exception {
    HandClient client = HandClient.connected(coordinator, "one", "[\"queue=q\",\"os=linux\"]");
    build("steps: [{command: x}, {command: x, agents: {queue: q, os: mac}}]");
    assertThat(client.call("GET", "/v3/ping", client.agent, "").json().has("job")).isFalse();
    build("steps: [{key: a, command: x, agents: [queue=q, os=*]}]");
    client.call("POST", "/v3/pause", client.agent, "");
    Answer paused = client.call("GET", "/v3/ping", client.agent, "");
    assertThat(paused.json().path("action").asString()).isEqualTo("pause");
    client.call("POST", "/v3/resume", client.agent, "");
    JsonNode job = client.begin();
    client.call("POST", "/v3/stop", HandClient.token(job), "{}");
    client.finish(job, "0");
    Answer stopped = client.call("GET", "/v3/ping", client.agent, "");
    assertThat(stopped.json().path("action").asString()).isEqualTo("disconnect");
  }
}
