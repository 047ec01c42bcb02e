package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.HandClient.Answer;
import dev.bakehouse.pipeline.Pipeline;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Whose jobs get the coordinator's secrets.
class SecretsTest extends WithCoordinator {
  @Test
  void aForksJobsGetNone() throws Exception {
    Path secrets = Files.createDirectories(dir.resolve("state/secrets"));
    Files.writeString(secrets.resolve("DEPLOY_KEY"), "s3cret\n");
    Map<String, String> pull = Map.of("BUILDKITE_PULL_REQUEST", "7");
    assertThat(ask(pull).json().path("value").asString()).isEqualTo("s3cret");
    Answer fork =
        ask(
            Map.of(
                "BUILDKITE_PULL_REQUEST", "8",
                "BUILDKITE_PULL_REQUEST_REPO", "https://example.org/theirs"));
    assertThat(fork.status()).isEqualTo(403);
    assertThat(fork.json().path("message").asString()).contains("forks");
  }

  private Answer ask(Map<String, String> env) throws Exception {
    String _ =
        coordinator.create(
            new BuildRequest("p", "repo", "HEAD", "main", "", env),
            Pipeline.parse("p", "steps: [{command: x}]"));
    HandClient hand = HandClient.connected(coordinator, "hand" + env.size(), "[]");
    JsonNode job = hand.begin();
    return hand.call(
        "GET", HandClient.path(job) + "/secrets?key=DEPLOY_KEY", HandClient.token(job), "");
  }
}
