package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.bakehouse.performance.PerformanceConfig;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.buildkite.AgentArtifacts;
import dev.bakehouse.store.buildkite.HeldJobs;
import dev.bakehouse.store.buildkite.HeldJobs.Held;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What jobs leave for the comparison of benchmarks, or pretend to have left.
@Tag("agent")
class PerformanceArtifactsTest {
  private static final Map<String, String> INTO =
      Map.of("BUILDKITE_MERGE_QUEUE_BASE_BRANCH", "main");

  private static final String ARTIFACT = "11111111-1111-4111-8111-";

  @TempDir static Path dir;
  private static HeldJobs jobs;
  private static HttpServer other;
  private static final List<String> ASKED = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    jobs = new HeldJobs(dir);
    other = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    other.createContext(
        "/",
        exchange -> {
          ASKED.add(exchange.getRequestURI().toString());
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write(json(1).getBytes(StandardCharsets.UTF_8));
          exchange.close();
        });
    other.start();
  }

  @AfterAll
  static void stop() {
    other.stop(0);
    jobs.close();
  }

  @AfterEach
  void releaseAll() throws Exception {
    jobs.releaseAll();
  }

  private static String json(int value) {
    return "{\"benchmarks\": [{\"name\": \"parse\", \"value\": " + value + "}]}";
  }

  private static void leaves(Held job, int value) throws IOException {
    Path place = Files.createTempDirectory(dir, "left");
    Files.writeString(place.resolve("benchmarks.json"), json(value));
    new AgentArtifacts(job.env()).upload(place, "benchmarks.json");
  }

  /// Says that an artifact lies where no agent uploaded it.
  private static void pretends(Held job) throws Exception {
    String url = "http://127.0.0.1:" + other.getAddress().getPort() + "/secret";
    String id = ARTIFACT + job.build().substring(24);
    String announced =
        """
        {"id": "%s", "upload_destination": "%s", "artifacts": [{"path": "benchmarks.json",
         "absolute_path": "/b", "glob_path": "b", "file_size": 51, "sha1sum": "", "url": "%s"}]}
        """
            .formatted(id, url, url);
    String ids = call(job, "POST", announced).replaceFirst("(?s).*\"artifact_ids\":\\[", "");
    call(
        job,
        "PUT",
        "{\"artifacts\": [{\"id\": \"%s\", \"state\": \"finished\"}]}"
            .formatted(ids.substring(1, 37)));
  }

  private static String call(Held job, String method, String body) throws Exception {
    String jobs = job.env().get("BUILDKITE_AGENT_ENDPOINT") + "/jobs/";
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(jobs + job.env().get("BUILDKITE_JOB_ID") + "/artifacts"))
            .header("Authorization", "Token " + job.env().get("BUILDKITE_AGENT_ACCESS_TOKEN"))
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body))
            .build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      return answer.body();
    }
  }

  private static String compare(Held job) {
    JobSources.Api api =
        new JobSources.Api(
            Path.of("bakehouse.yml"),
            Optional.of(jobs.coordinator.address() + "/v2"),
            Optional.of(jobs.coordinator.apiToken()));
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    PrintStream to = new PrintStream(log, true, StandardCharsets.UTF_8);
    int _ =
        new PerformanceStep(api, dir.resolve("scratch"), job.env(), to)
            .run(PerformanceConfig.DEFAULT);
    return log.toString(StandardCharsets.UTF_8);
  }

  @Test
  void theNewestOfAJobsFilesCountsOnce() throws Exception {
    Held job = jobs.hold("feature", Map.of("BUILDKITE_MERGE_QUEUE_BASE_BRANCH", "none"));
    leaves(job, 100);
    leaves(job, 200);
    assertThat(compare(job)).contains("| new | `parse` |  | 200 |  |");
  }

  @Test
  void nobodyIsAskedWhomAJobNames() throws Exception {
    Held job = jobs.hold("feature", INTO);
    pretends(job);
    assertThatThrownBy(() -> compare(job))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("where a job said");
    assertThat(ASKED).isEmpty();
  }

  @Test
  void aBaseWhoseFileCanNotBeHadIsPassedOver() throws Exception {
    Held good = jobs.hold("main", Map.of());
    leaves(good, 100);
    jobs.release(good);
    Held bad = jobs.hold("main", Map.of());
    pretends(bad);
    jobs.release(bad);
    Held job = jobs.hold("feature", INTO);
    leaves(job, 200);
    assertThat(compare(job))
        .containsPattern("Build \\d+ is passed over: .*where a job said")
        .contains("| **worse** | `parse` | 100 | 200 | +100.0 % |");
  }
}
