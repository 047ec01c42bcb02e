package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.HandClient.Answer;
import dev.bakehouse.pipeline.Pipeline;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Requests that nobody sends by mistake.
class HostileClientTest {
  @TempDir Path dir;
  private Coordinator coordinator;
  private HandClient client;
  private JsonNode job;
  private String path = "";
  private String token = "";

  @BeforeEach
  void start() throws Exception {
    coordinator = Coordinator.start(Config.of(0, dir.resolve("state")));
    build("own");
    client = HandClient.connected(coordinator, "one", "[]");
    job = client.begin();
    path = HandClient.path(job);
    token = HandClient.token(job);
  }

  @AfterEach
  void stop() {
    coordinator.close();
  }

  private String build(String pipeline) {
    return coordinator.create(
        new BuildRequest(pipeline, "repo", "HEAD", "main", "", Map.of()),
        Pipeline.parse("p", "steps: [{key: a, command: x}]"));
  }

  private String raw(String text) throws IOException {
    return RawHttp.send(
        coordinator.address().getPort(),
        text.replace("\n", "\r\n")
            .replace("PATH", path)
            .replace("AUTH", "Host: x\r\nAuthorization: Token " + token)
            .getBytes(StandardCharsets.ISO_8859_1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET mailto:x HTTP/1.1\nHost: x\n\n",
        "OPTIONS * HTTP/1.1\nHost: x\n\n",
        "GET //evil/v3/ping HTTP/1.1\nHost: x\n\n",
        "GET /v3/jobs/%zz HTTP/1.1\nHost: x\n\n",
        "GET /v3/jobs/a?%%% HTTP/1.1\nHost: x\n\n",
        "GET /v3/../v2/organizations HTTP/1.1\nHost: x\n\n",
        "nonsense\n\n",
        "GET /v3/ping\n\n",
        "\n\n\n",
        "POST PATH/data/set HTTP/1.1\nAUTH\nContent-Length: -1\n\n{}",
        "POST PATH/data/set HTTP/1.1\nAUTH\nContent-Length: 99999999999999999999\n\n{}",
        "POST PATH/data/set HTTP/1.1\nAUTH\nContent-Length: 10\n\n{}",
        "POST PATH/data/set HTTP/1.1\nAUTH\nContent-Length: 1\n\n{}",
        "POST PATH/data/set HTTP/1.1\nAUTH\nTransfer-Encoding: chunked\n\nzz\n{}\n0\n\n",
        "POST PATH/data/set HTTP/1.1\nAUTH\nTransfer-Encoding: chunked\n\n7fffffff\n{}",
        "POST PATH/data/set HTTP/1.1\nAUTH\nTransfer-Encoding: gzip\nContent-Length: 2\n\n{}",
        "POST PATH/data/set HTTP/1.1\nAUTH\nContent-Encoding: br\nContent-Length: 2\n\n{}",
        "POST PATH/data/set HTTP/1.1\nAUTH\nContent-Encoding: gzip\nContent-Length: 2\n\n{}",
        "POST PATH/data/set HTTP/1.1\nAUTH\nContent-Length: 4\n\nnull",
        "POST PATH/data/set HTTP/1.1\nAUTH\nContent-Length: 4\n\n{\"\u00ff",
        "POST PATH/data/set HTTP/1.1\nAUTH\nContent-Length: 14\n\n{\"key\":{},1:1}",
        "PUT PATH/promise_failure HTTP/1.1\nAUTH\nContent-Length: 27\n\n{\"exit_status\":1e99999999}  ",
        "POST PATH/chunks?sequence=1&offset=-1&size=1 HTTP/1.1\nAUTH\nContent-Length: 1\n\nx",
        "POST PATH/chunks?sequence=1&offset=9223372036854775807 HTTP/1.1\nAUTH\nContent-Length: 1\n\nx",
        "POST PATH/chunks?sequence=1&offset=0&size=5 HTTP/1.1\nAUTH\nContent-Length: 1\n\nx",
        "GET /v3/builds/x/artifacts/search?query={{{{[[[[ HTTP/1.1\nAUTH\n\n",
        "POST /upload HTTP/1.1\nHost: x\nContent-Type: multipart/form-data; boundary=b\nContent-Length: 3\n\n--b",
        "POST /upload HTTP/1.1\nHost: x\nContent-Type: text/html\nContent-Length: 0\n\n",
      })
  void malformedRequestsGetAClearAnswerOrNone(String text) throws Exception {
    String answer = raw(text);
    assertThat(RawHttp.status(answer)).as(answer).isNotEqualTo(200).isLessThan(500);
    if (answer.contains("application/json")) {
      assertThat(answer).contains("{\"message\":\"");
    }
    assertThat(client.call("GET", path, token, "").status()).as("it works on").isEqualTo(200);
  }

  @Test
  void whatExpandsOrNestsIsRefused() throws Exception {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(bomb)) {
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 200; i++) {
        zip.write(zeros);
      }
    }
    String chunk = path + "/chunks?sequence=1&offset=0";
    for (String at : List.of(chunk, path + "/data/set", path + "/pipelines")) {
      Answer answer =
          client.call("POST", at, token, bomb.toByteArray(), "Content-Encoding", "gzip");
      assertThat(answer.status()).as(at).isEqualTo(413);
    }
    String deep = "{\"uuid\":\"u\",\"pipeline\":" + "[".repeat(200_000) + "]".repeat(200_000) + "}";
    assertThat(client.call("POST", path + "/pipelines", token, deep).status()).isEqualTo(400);
    String search = "/v3/builds/" + job.at("/env/BUILDKITE_BUILD_ID").asString();
    String slow = "*a".repeat(500) + "b";
    announce("a".repeat(3000));
    long began = System.nanoTime();
    assertThat(
            client
                .call("GET", search + "/artifacts/search?state=new&query=" + slow, token, "")
                .status())
        .isEqualTo(200);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
    assertThat(
            client
                .call("GET", search + "/artifacts/search?query=" + "%7B".repeat(3000), token, "")
                .status())
        .as("too long")
        .isEqualTo(400);
  }

  private JsonNode announce(String name) throws Exception {
    String body =
        Json.text(
            Map.of(
                "id",
                "batch of " + name,
                "multipart_supported",
                true,
                "artifacts",
                List.of(
                    Map.of(
                        "path", name, "file_size", 1, "content_type", "text/html\r\nX-Evil: 1"))));
    return client.call("POST", path + "/artifacts", token, body).json();
  }

  @Test
  void namesOfArtifactsAreNamesOnly() throws Exception {
    List<String> names =
        List.of("../../tokens/api", "/etc/passwd", "a\u0000b", "a\nb", "..", "\\..\\x", "é/ü");
    for (String name : names) {
      JsonNode answer = announce(name);
      String id = answer.path("artifact_ids").path(0).asString();
      String url = answer.at("/per_artifact_instructions/" + id + "/actions/0/url").asString();
      assertThat(client.call("PUT", url, "", "x").status()).as(name).isEqualTo(200);
      String done = "{\"artifacts\":[{\"id\":\"" + id + "\",\"state\":\"finished\"}]}";
      assertThat(client.call("PUT", path + "/artifacts", token, done).status()).isEqualTo(200);
    }
    String search = "/v3/builds/" + job.at("/env/BUILDKITE_BUILD_ID").asString();
    JsonNode found =
        client.call("GET", search + "/artifacts/search?query=**&state=finished", token, "").json();
    assertThat(found).hasSize(names.size());
    for (JsonNode one : found) {
      Answer got = client.call("GET", one.path("url").asString(), "", "");
      assertThat(got.raw().body()).asString().isEqualTo("x");
      assertThat(got.raw().headers().firstValue("X-Evil")).isEmpty();
      assertThat(names).contains(one.path("path").asString());
    }
    try (var files = Files.walk(dir)) {
      assertThat(files.filter(Files::isRegularFile).map(f -> dir.relativize(f).toString()))
          .allMatch(
              f -> f.matches("state/(artifacts/[0-9a-f-]{36}|tokens/.*|coordinator.*|address)"));
    }
    assertThat(client.call("GET", "/artifacts/..%2Ftokens%2Fapi", "", "").status()).isEqualTo(401);
  }

  /// Every call about a job or its build, with the token of another job, of another agent, and with
  /// tokens that are for something else.
  @Test
  void tokensOpenNothingThatIsNotTheirs() throws Exception {
    build("other");
    HandClient two = HandClient.connected(coordinator, "two", "[]");
    JsonNode other = two.begin();
    String theirs = HandClient.path(other);
    String build = "/v3/builds/" + other.at("/env/BUILDKITE_BUILD_ID").asString();
    List<String> calls = new ArrayList<>();
    for (String put :
        List.of("", "/start", "/finish", "/accept", "/acquire", "/promise_failure", "/artifacts")) {
      calls.add("PUT " + theirs + put);
    }
    for (String post :
        List.of(
            "/chunks?sequence=1&offset=0",
            "/header_times",
            "/data/set",
            "/data/set-batch",
            "/data/get",
            "/data/exists",
            "/data/keys",
            "/annotations",
            "/artifacts",
            "/pipelines",
            "/oidc/tokens",
            "/repository_access_token")) {
      calls.add("POST " + theirs + post);
    }
    calls.addAll(
        List.of(
            "GET " + theirs,
            "GET " + theirs + "/secrets?key=A",
            "GET " + theirs + "/pipelines/u",
            "DELETE " + theirs + "/annotations/a",
            "POST " + build + "/data/get",
            "POST " + build + "/data/keys",
            "POST " + build + "/cancel",
            "GET " + build + "/artifacts/search?query=**",
            "POST /v3/steps/" + other.at("/env/BUILDKITE_STEP_ID").asString() + "/export"));
    String api = Files.readString(coordinator.apiToken()).strip();
    String registration = Files.readString(coordinator.registrationToken()).strip();
    String body =
        "{\"key\":\"k\",\"value\":\"v\",\"exit_status\":\"0\",\"body\":\"b\",\"uuid\":\"u\","
            + "\"id\":\"i\",\"artifacts\":[],\"items\":[],\"attribute\":\"id\",\"pipeline\":{\"steps\":[]}}";
    List<String> tokens =
        List.of(
            token,
            client.agent,
            api,
            registration,
            "",
            "job",
            "job..",
            token + "x",
            token.replaceFirst("^job", "agent"),
            client.agent.replaceFirst("^agent", "job"));
    for (String call : calls) {
      for (String wrong : tokens) {
        String[] words = call.split(" ");
        Answer answer = client.call(words[0], words[1], wrong, body);
        assertThat(answer.status()).as("%s with %s", call, wrong).isIn(401, 403, 404, 422);
        assertThat(answer.json().path("message").asString()).isNotEmpty();
      }
    }
    assertThat(coordinator.build(other.at("/env/BUILDKITE_BUILD_ID").asString()).state())
        .isEqualTo("running");
  }
}
