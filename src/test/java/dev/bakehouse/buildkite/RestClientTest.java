package dev.bakehouse.buildkite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the client makes of Buildkite's answers as they are documented, of its limits and of broken
/// connections: https://buildkite.com/docs/apis/rest-api/jobs, …/rate-limits
class RestClientTest {
  private static final String JOB =
      """
      {"id":"b63254c0-3271-4a98-8270-7cfbd6c2f14e","graphql_id":"x","type":"script",
       "name":":package: Build","step_key":"build","step":{"id":"s","signature":null},
       "priority":{"number":0},"agent_query_rules":["queue=mac"],"state":"%s",
       "build_url":"https://api.buildkite.com/v2/organizations/o/pipelines/p/builds/1",
       "command":"scripts/build.sh","soft_failed":false,"exit_status":null,"agent":null,
       "created_at":"2015-05-09T21:05:59.874Z","runnable_at":null,"started_at":null}
      """;

  @TempDir Path dir;
  private HttpServer server;
  private RestClient client;
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final List<Answer> answers = new ArrayList<>();

  private record Answer(int status, Map<String, String> headers, String body) {}

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    Path token = Files.writeString(dir.resolve("token"), "secret\n");
    URI address = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v2");
    client = RestClient.of(address, "o", token);
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
    Answer answer = answers.get(Math.min(asked.size(), answers.size()) - 1);
    if (answer.status() > 0) {
      answer.headers().forEach(exchange.getResponseHeaders()::set);
      byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(answer.status(), body.length);
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }

  private void answers(int status, Map<String, String> headers, String body) {
    answers.add(new Answer(status, headers, body));
  }

  @Test
  void whatOnlyReadsIsAskedAgainWhenTheConnectionBreaks() {
    answers(0, Map.of(), "");
    answers(502, Map.of(), "<html>");
    answers(200, Map.of(), JOB.formatted("passed"));
    assertThat(client.job("x").state()).isEqualTo("passed");
    assertThat(asked).hasSize(3).containsOnly("GET /v2/organizations/o/jobs/x");
  }

  @Test
  void aChangeIsRepeatedOnlyWhenItWasNotDone() {
    Map<String, String> limits =
        Map.of(
            "RateLimit-Reset", "900", "RateLimit-User-Remaining", "0", "RateLimit-User-Reset", "1");
    answers(429, limits, "{\"message\":\"You have exceeded your API rate limit.\"}");
    answers(200, Map.of(), JOB.formatted("scheduled"));
    assertThat(client.retry("x").state()).isEqualTo("scheduled");
    assertThat(asked).hasSize(2);
    answers(503, Map.of(), "{\"message\":\"down\"}");
    assertThatThrownBy(() -> client.retry("x")).hasMessageEndingWith("503 down");
    answers(0, Map.of(), "");
    assertThatThrownBy(() -> client.retry("x")).isInstanceOf(UserError.class);
    assertThat(asked).as("once each").hasSize(4);
  }

  @Test
  void aMissingScopeIsNamedWithThoseThatAreThere() {
    answers(403, Map.of(), "{\"message\":\"Forbidden\"}");
    answers(200, Map.of(), "{\"uuid\":\"u\",\"scopes\":[\"read_builds\"]}");
    assertThatThrownBy(client::agents)
        .isInstanceOfSatisfying(
            RestRefused.class,
            e -> {
              assertThat(e.denied()).isTrue();
              assertThat(e.remedy())
                  .isEqualTo("Give a token with the scope read_agents; this one has read_builds.");
            });
    assertThat(asked.getLast()).isEqualTo("GET /v2/access-token");
  }

  @Test
  void nobodyThereIsToldAtOnce() {
    server.stop(0);
    assertThatThrownBy(() -> client.job("x"))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("Nobody answers at");
    URI secret = URI.create("http://user:pw@127.0.0.1:" + client.address().getPort() + "/v2");
    assertThatThrownBy(() -> RestClient.of(secret, "o", dir.resolve("token")).job("x"))
        .hasMessageStartingWith("Nobody answers at http://127.0.0.1:")
        .hasMessageNotContainingAny("pw", "java.net");
  }

  /// Buildkite does not tell what a job depends on: what its build has not done stands for it.
  @Test
  void aWaitingJobOfBuildkiteIsExplained() {
    String other =
        "{\"id\":\"1\",\"step_key\":\"%s\",\"type\":\"%s\",\"state\":\"%s\",\"finished_at\":%s}";
    answers(200, Map.of(), JOB.formatted("waiting"));
    answers(
        200,
        Map.of(),
        "{\"id\":\"b\",\"number\":1,\"state\":\"running\",\"jobs\":["
            + String.join(
                ",",
                other.formatted("done", "script", "passed", "\"2015-05-09T21:05:59Z\""),
                other.formatted("first", "script", "running", "null"),
                other.formatted("ok", "manual", "blocked", "null"),
                "{\"type\":\"waiter\",\"state\":\"waiting\"}",
                JOB.formatted("waiting"))
            + "]}");
    Explanation told = new Explainer(client, Clock.systemUTC()).explain(client.job("x"));
    assertThat(told.verdict()).isEqualTo("blocked");
    assertThat(told.waitsFor())
        .extracting(Explanation.Awaited::step)
        .containsExactly("first", "ok");
    assertThat(told.summary()).contains("somebody must unblock");
    assertThat(asked.getLast()).isEqualTo("GET /v2/organizations/o/pipelines/p/builds/1");
  }

  @Test
  void aRuleForAnythingIsMetByAnyone() {
    AgentInfo agent =
        new AgentInfo("i", "n", "connected", "h", "1", null, null, null, null, List.of(), null);
    assertThat(agent.missing(List.of("*"))).isEmpty();
    assertThat(agent.missing(List.of())).isEmpty();
    assertThat(agent.missing(List.of("queue=*", "os=*"))).containsExactly("os=*");
    assertThat(agent.missing(List.of("queue=mac"))).containsExactly("queue=mac");
  }
}
