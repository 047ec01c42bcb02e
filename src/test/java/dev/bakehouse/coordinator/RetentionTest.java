package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.buildkite.ArtifactInfo;
import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.platform.Poll;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class RetentionTest extends RestBench {
  private static String upload(HandClient agent, JsonNode job, String path, boolean finished)
      throws Exception {
    String announced =
        "{\"id\":\"%1$s\",\"artifacts\":[{\"path\":\"%1$s\",\"file_size\":1}],\"multipart_supported\":true}"
            .formatted(path);
    String url = HandClient.path(job) + "/artifacts";
    JsonNode answer = agent.call("POST", url, HandClient.token(job), announced).json();
    String id = answer.path("artifact_ids").path(0).asString();
    String to = answer.at("/per_artifact_instructions/" + id + "/actions/0/url").asString();
    assertThat(agent.call("PUT", to, "", "x").status()).isEqualTo(200);
    if (!finished) {
      return id;
    }
    String done = "{\"artifacts\":[{\"id\":\"" + id + "\",\"state\":\"finished\"}]}";
    assertThat(agent.call("PUT", url, HandClient.token(job), done).status()).isEqualTo(200);
    return id;
  }

  private ArtifactInfo artifact(int number, String id) {
    List<ArtifactInfo> all = client.artifacts("p", number);
    return all.stream().filter(a -> a.id().equals(id)).findFirst().orElseThrow();
  }

  @Test
  void artifactsOfEndedBuildsExpire() throws Exception {
    client.definePipeline("p", "repo", "main", "steps: [{key: a, command: x}]");
    HandClient agent = agent("a");
    BuildInfo ended = create("main", "c");
    JsonNode job = agent.begin();
    String old = upload(agent, job, "old", true);
    String torn = upload(agent, job, "torn", false);
    agent.finish(job, "0");
    BuildInfo runs = create("main", "c");
    String young = upload(agent, agent.begin(), "young", true);
    Path artifacts = dir.resolve("state/artifacts");
    assertThat(artifacts.resolve(old)).exists();

    Path part = Files.createFile(artifacts.resolve("x.part"));
    coordinator.close();
    coordinator =
        Coordinator.start(Config.of(0, dir.resolve("state")).keepArtifacts(Duration.ofMillis(1)));
    client = client(coordinator.apiToken());
    ArtifactInfo gone =
        Poll.until(
            "the artifact to expire",
            Duration.ofSeconds(20),
            () ->
                Optional.of(artifact(ended.number(), old))
                    .filter(a -> a.state().equals("expired")));
    assertThat(gone.path()).isEqualTo("old");
    assertThat(artifacts.resolve(old)).doesNotExist();
    assertThat(artifacts.resolve(torn)).doesNotExist();
    assertThat(part).doesNotExist();
    String page = ORG + "/pipelines/p/builds/" + ended.number() + "/artifacts/" + old;
    raw = new HandClient(coordinator);
    String bytes = get(page + "/download").json().path("url").asString();
    assertThat(raw.call("GET", bytes, "", "").status()).isEqualTo(404);
    assertThat(artifact(runs.number(), young).state()).isEqualTo("finished");
    assertThat(Files.exists(artifacts.resolve(young))).isTrue();
  }
}
