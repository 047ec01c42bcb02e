package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.bakehouse.buildkite.ArtifactInfo;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.buildkite.RestRefused;
import dev.bakehouse.cache.PassedBuilds;
import dev.bakehouse.cache.PassedBuilds.Build;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Buildkite's REST API as its documentation shows its answers, and as it refuses:
/// https://buildkite.com/docs/apis/rest-api/builds, …/limits
class BuildkiteBuildsTest {
  @TempDir Path dir;
  private HttpServer server;
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final List<Long> moments = new CopyOnWriteArrayList<>();
  private final List<Answer> answers = new ArrayList<>();

  private record Answer(int status, Map<String, String> headers, String body) {}

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    moments.add(System.nanoTime());
    asked.add(
        exchange.getRequestHeaders().getFirst("Authorization")
            + " "
            + exchange.getRequestURI().getPath()
            + "?"
            + exchange.getRequestURI().getQuery());
    Answer answer = answers.get(Math.min(asked.size(), answers.size()) - 1);
    answer.headers().forEach(exchange.getResponseHeaders()::set);
    byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(answer.status(), body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Test
  void aDocumentedAnswerIsRead() throws IOException {
    answers.add(new Answer(200, Map.of(), documented()));

    List<Build> builds = builds().recent("main", 30);

    assertThat(asked)
        .containsExactly(
            "Bearer secret /v2/organizations/my-great-org/pipelines/bun/builds?branch=main&per_page=30");
    assertThat(builds)
        .singleElement()
        .satisfies(
            b -> {
              assertThat(b.state()).isEqualTo("passed");
              assertThat(b.number()).isEqualTo(12);
              assertThat(b.pull()).isEmpty();
              assertThat(b.jobs())
                  .extracting(PassedBuilds.Job::step)
                  .containsExactly("linux-x64-build-cpp", "", "");
            });
  }

  @Test
  void pagesAreFollowedNoFurtherThanAsked() throws IOException {
    String next = "<" + url() + "/v2/next?page=%d>; rel=\"next\", <" + url() + "/x>; rel=\"last\"";
    for (int page = 2; page <= 9; page++) {
      answers.add(new Answer(200, Map.of("Link", String.format(next, page)), documented()));
    }

    assertThat(builds().recent("main", 3)).hasSize(3);
    assertThat(asked).hasSize(3).last().asString().isEqualTo("Bearer secret /v2/next?page=3");
  }

  @Test
  void theTokenDoesNotFollowALinkToAnotherServer() throws IOException {
    String elsewhere = "<http://127.0.0.1:1/v2/next>; rel=\"next\"";
    answers.add(new Answer(200, Map.of("Link", elsewhere), documented()));

    assertThatThrownBy(() -> builds().recent("main", 3))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("another server");
    assertThat(asked).hasSize(1);
  }

  /// The answers of an API say where an artifact lies, and that is anywhere.
  @Test
  void theTokenGoesToTheApisOwnServerOnly() throws IOException {
    answers.add(new Answer(200, Map.of(), "abc"));
    answers.add(new Answer(200, Map.of(), "abc"));
    answers.add(new Answer(302, Map.of("Location", "/moved"), ""));
    answers.add(new Answer(200, Map.of(), "abc"));
    RestClient client = client();
    for (String server : List.of("http://localhost:" + port(), url(), url())) {
      client.download(
          new ArtifactInfo("i", null, "p", server + "/bytes", "finished", 3L, null, null),
          dir.resolve("bytes"));
      assertThat(dir.resolve("bytes")).hasContent("abc");
    }

    assertThat(asked)
        .containsExactly(
            "null /bytes?null",
            "Bearer secret /bytes?null",
            "Bearer secret /bytes?null",
            "null /moved?null");
  }

  @Test
  void aRateLimitIsWaitedForAsLongAsTheServerSays() throws IOException {
    answers.add(new Answer(429, Map.of("Retry-After", "1"), "{\"message\":\"slow down\"}"));
    answers.add(new Answer(429, Map.of("RateLimit-Reset", "1"), "{\"message\":\"slow down\"}"));
    answers.add(new Answer(200, Map.of(), documented()));

    assertThat(builds().recent("main", 1)).hasSize(1);
    assertThat(asked).as("no hammering meanwhile").hasSize(3);
    assertThat(moments.get(2) - moments.get(0)).isGreaterThanOrEqualTo(2_000_000_000L);
  }

  @Test
  void aRateLimitThatLastsIsToldAtOnce() {
    answers.add(new Answer(429, Map.of("Retry-After", "600"), "{}"));

    assertThatThrownBy(() -> builds().recent("main", 1))
        .isInstanceOf(RestRefused.class)
        .hasMessageContaining("rate limit")
        .satisfies(e -> assertThat(((UserError) e).remedy()).contains("600 s"));
    assertThat(asked).hasSize(1);
  }

  @Test
  void aTokenThatIsRefusedIsSaidToBe() {
    answers.add(new Answer(401, Map.of(), "{\"message\":\"Authentication required\"}"));

    assertThatThrownBy(() -> builds().recent("main", 1))
        .isInstanceOfSatisfying(RestRefused.class, e -> assertThat(e.denied()).isTrue())
        .hasMessageContaining("401")
        .hasMessageNotContaining("secret");
  }

  @Test
  void whatAnAnswerLeavesOutIsNoPassedBuild() throws IOException {
    answers.add(new Answer(200, Map.of(), "[{}, {\"id\":\"a\",\"jobs\":[{},null]}]"));

    List<Build> builds = builds().recent("main", 5);

    assertThat(builds).extracting(Build::state).containsExactly("unknown", "unknown");
    assertThat(builds).extracting(Build::id).containsExactly("", "a");
    assertThat(builds.getLast().jobs()).singleElement().extracting("state").isEqualTo("");
  }

  @Test
  void whatIsNoAnswerOfTheApiSaysSo() {
    answers.add(new Answer(200, Map.of(), "<html>sign in</html>"));

    assertThatThrownBy(() -> builds().recent("main", 5))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("not answered as the REST API does");
  }

  private RestBuilds builds() throws IOException {
    return new RestBuilds(client(), "bun");
  }

  private RestClient client() throws IOException {
    Path token = Files.writeString(dir.resolve("token"), "secret\n");
    return RestClient.of(URI.create(url() + "/v2"), "my-great-org", token);
  }

  private String url() {
    return "http://127.0.0.1:" + port();
  }

  private int port() {
    return server.getAddress().getPort();
  }

  private static String documented() throws IOException {
    try (InputStream in = BuildkiteBuildsTest.class.getResourceAsStream("buildkite-builds.json")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
