package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.pipeline.BuildFacts;
import dev.bakehouse.pipeline.Pipeline;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// What a build's pull request is to jobs and to askers.
class PullRequestTest {
  private static final String PIPELINES = "/v2/organizations/bakehouse/pipelines";

  @TempDir Path dir;

  @Test
  void jobsAndAskersAreToldOfItAndNoStepCanChangeIt() throws Exception {
    try (Coordinator coordinator = Coordinator.start(Config.of(0, dir))) {
      String api = Files.readString(coordinator.apiToken()).strip();
      HandClient agent = HandClient.connected(coordinator, "hand", "[]");
      String steps =
          "env: {BUILDKITE_PULL_REQUEST: 'false'}\nsteps: [{command: x, env: {BUILDKITE_PULL_REQUEST_REPO: mine}}]";
      String pipeline = Json.text(Map.of("name", "p", "repository", "r", "configuration", steps));
      assertThat(agent.call("POST", PIPELINES, api, pipeline).status()).isEqualTo(201);

      JsonNode made =
          agent
              .call(
                  "POST",
                  PIPELINES + "/p/builds",
                  api,
                  "{\"branch\":\"main\",\"commit\":\"HEAD\",\"pull_request_id\":7,"
                      + "\"pull_request_base_branch\":\"release\","
                      + "\"pull_request_repository\":\"https://example.org/theirs\"}")
              .json();
      String expected =
          "{\"id\":\"7\",\"base\":\"release\",\"repository\":\"https://example.org/theirs\"}";
      assertThat(made.path("pull_request")).isEqualTo(Json.MAPPER.readTree(expected));
      JsonNode env = agent.take().path("env");
      assertThat(env.path("BUILDKITE_PULL_REQUEST").asString()).isEqualTo("7");
      assertThat(env.path("BUILDKITE_PULL_REQUEST_BASE_BRANCH").asString()).isEqualTo("release");
      assertThat(env.path("BUILDKITE_PULL_REQUEST_REPO").asString())
          .isEqualTo("https://example.org/theirs");
    }
  }

  /// Else one could have itself built as the main branch, with its caches.
  @Test
  void whatItsBuildTriggersIsThatPullRequestsToo() throws Exception {
    try (Coordinator coordinator = Coordinator.start(Config.of(0, dir))) {
      HandClient agent = HandClient.connected(coordinator, "hand", "[]");
      coordinator.definePipeline("p", "r", "main", "steps: [{command: x}]");
      String trigger =
          "steps: [{trigger: p, build: {branch: main, env: {BUILDKITE_PULL_REQUEST: 'false'}}}]";
      Map<String, String> pull =
          Map.of(
              "BUILDKITE_PULL_REQUEST", "7",
              "BUILDKITE_PULL_REQUEST_REPO", "https://example.org/theirs");
      String _ =
          coordinator.create(
              new BuildRequest("other", "r", "HEAD", "topic", "", pull),
              Pipeline.parse("other", trigger));
      JsonNode env = agent.take().path("env");
      assertThat(env.path("BUILDKITE_PIPELINE_SLUG").asString()).isEqualTo("p");
      assertThat(env.path("BUILDKITE_PULL_REQUEST").asString()).isEqualTo("7");
      assertThat(env.path("BUILDKITE_PULL_REQUEST_REPO").asString())
          .isEqualTo("https://example.org/theirs");
    }
  }

  /// Told by its branch alone, as Buildkite can be set to name those of forks.
  @Test
  void whatAForksBranchTriggersIsAForksToo() throws Exception {
    try (Coordinator coordinator = Coordinator.start(Config.of(0, dir))) {
      HandClient agent = HandClient.connected(coordinator, "hand", "[]");
      coordinator.definePipeline("p", "r", "main", "steps: [{command: x}]");
      String _ =
          coordinator.create(
              new BuildRequest("other", "r", "HEAD", "evil:main", "", Map.of()),
              Pipeline.parse("other", "steps: [{trigger: p, build: {branch: main}}]"));
      Map<String, String> env = new HashMap<>();
      agent
          .take()
          .path("env")
          .properties()
          .forEach(e -> env.put(e.getKey(), e.getValue().asString()));
      assertThat(env).containsEntry("BUILDKITE_BRANCH", "main");
      assertThat(BuildFacts.of(env).fork()).isTrue();
      assertThat(env.get("BUILDKITE_PULL_REQUEST")).isEqualTo("fork");
    }
  }
}
