package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.config.GithubSettings;
import dev.bakehouse.github.GithubServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TargetStatusTest {
  @Test
  void aStepThatNamesNoStepsSaysNothingGood() throws Exception {
    try (GithubServer server = new GithubServer()) {
      GithubSettings settings = new GithubSettings(server.api(), Optional.empty(), "bakehouse");
      Map<String, String> env =
          Map.of("BUILDKITE_REPO", "https://127.0.0.1/a/b", "GITHUB_TOKEN", "t");
      ByteArrayOutputStream log = new ByteArrayOutputStream();
      new TargetStatus(settings, env, "a".repeat(40), new PrintStream(log, true)).ended("x");
      assertThat(server.requests).isEmpty();
      assertThat(log.toString(StandardCharsets.UTF_8)).contains("names no steps of it");
    }
  }
}
