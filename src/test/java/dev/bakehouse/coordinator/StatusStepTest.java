package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.github.GithubServer;
import dev.bakehouse.platform.Self;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// `bakehouse pipeline status` in jobs of a real agent, at a server that answers as GitHub does.
@Tag("agent")
class StatusStepTest {
  @TempDir Path dir;

  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  private static String step(String key, String command, String more) {
    return "  - {key: %s, command: '%s', %s}%n".formatted(key, command, more);
  }

  private String status(GithubServer server, String key, String steps) throws Exception {
    Path config =
        Files.writeString(dir.resolve("bakehouse.yml"), "github: {api: '" + server.api() + "'}");
    String command =
        "BAKEHOUSE_CONFIG=%s BUILDKITE_COMMIT=%s BUILDKITE_REPO=https://127.0.0.1/oven-sh/bun.git %s"
            .formatted(
                config, COMMIT, Self.shellWords(Self.argv("pipeline", "status", "--target", key)));
    Path script = Files.writeString(dir.resolve(key), command + "\n");
    return step(
        key,
        "sh " + script,
        "depends_on: [good, soft, bad, behind], allow_dependency_failure: true, env: {"
            + (key.equals("none") ? "" : "GITHUB_TOKEN: t0ken, ")
            + "BAKEHOUSE_STATUS_STEPS: '"
            + steps
            + "'}");
  }

  @Test
  void whatBecameOfTheStepsIsTold() throws Exception {
    try (Bench bench = new Bench(dir);
        GithubServer server = new GithubServer()) {
      bench.agent("one");
      BuildView build =
          bench.run(
              "steps:\n"
                  + step("good", "true", "")
                  + step("soft", "exit 3", "soft_fail: true")
                  + step("bad", "false", "")
                  + step("behind", "true", "depends_on: bad")
                  + status(server, "passed", "good,soft")
                  + status(server, "failed", "good,bad,behind,never-added")
                  + status(server, "none", "good"));
      String logs = bench.logs(build);
      for (String key : List.of("passed", "failed", "none")) {
        assertThat(Bench.last(build, key).exitStatus()).as(logs).isEqualTo("0");
      }
      Map<String, JsonNode> told =
          server.requests.stream()
              .map(GithubServer.Request::body)
              .collect(
                  java.util.stream.Collectors.toMap(b -> b.path("context").asString(), b -> b));
      assertThat(told).as(logs).containsOnlyKeys("bakehouse/passed", "bakehouse/failed");
      JsonNode passed = told.get("bakehouse/passed");
      assertThat(passed.path("state").asString()).isEqualTo("success");
      assertThat(passed.path("description").asString())
          .isEqualTo("1 step passed; failed softly: soft");
      assertThat(passed.path("target_url").asString()).startsWith("http://");
      JsonNode failed = told.get("bakehouse/failed");
      assertThat(failed.path("state").asString()).isEqualTo("failure");
      assertThat(failed.path("description").asString())
          .isEqualTo("bad and 2 behind it did not pass");
      assertThat(server.requests)
          .allMatch(r -> r.path().equals("/repos/oven-sh/bun/statuses/" + COMMIT))
          .allMatch(r -> r.authorization().equals("Bearer t0ken"));
      assertThat(bench.log(Bench.last(build, "none")))
          .contains("warning: commit status bakehouse/none was not set: there is no GitHub token")
          .contains("repo:status");
      assertThat(logs).doesNotContain("t0ken");
    }
  }
}
