package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.platform.Outcome;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// `bakehouse cache explain`, in and outside of a job, with the real coordinator and without one.
class CacheExplainTest {
  @TempDir Path dir;
  private Bakehouse bakehouse;

  @BeforeEach
  void cache() throws IOException {
    bakehouse = new Bakehouse(dir);
    Files.writeString(Files.createDirectories(dir.resolve("c/o")).resolve("x"), "12345");
  }

  @Test
  void everyBuildIsNamedWithItsReasonInAJobAndOutside() throws Exception {
    try (Coordinator coordinator = Coordinator.start(Config.of(0, dir.resolve("coordinator")))) {
      URI address = URI.create(coordinator.address() + "/v2");
      RestClient client = RestClient.of(address, "bakehouse", coordinator.apiToken());
      configure("api: {url: '" + address + "', token-file: '" + coordinator.apiToken() + "'}");
      client.definePipeline("bun", "r", "main", "steps: [wait]");
      BuildInfo saved = client.create("bun", "HEAD", "main", "", Map.of());
      BuildInfo empty = client.create("bun", "HEAD", "main", "", Map.of());
      client.definePipeline("bun", "r", "main", "steps: [{command: x}]");
      BuildInfo running = client.create("bun", "HEAD", "main", "", Map.of());
      BuildInfo cancelled = client.create("bun", "HEAD", "feature", "", Map.of());
      client.cancel("bun", cancelled.number());
      save(job(saved.id(), "main"));

      JsonNode inJob = explain(job("current", "feature"), "--kind", "bun");
      JsonNode outside = explain(Map.of(), "--kind", "bun", "--scope", "bakehouse.bun/feature");

      for (JsonNode shown : new JsonNode[] {inJob, outside}) {
        assertThat(shown.path("scopes").get(0).asString()).startsWith("bakehouse.bun/feature");
        assertThat(shown.path("scopes").get(1).asString()).startsWith("bakehouse.bun/main");
        assertThat(shown.path("rejected"))
            .extracting(r -> r.path("build").asString() + " " + r.path("reason").asString())
            .containsExactly(
                cancelled.id() + " NOT_PASSED",
                running.id() + " RUNNING",
                empty.id() + " NOT_SAVED");
        assertThat(shown.path("taken").path("build").asString()).isEqualTo(saved.id());
        assertThat(shown.path("taken").path("caches").get(0).path("bytes").asInt()).isEqualTo(5);
        assertThat(shown.path("reason").isNull()).isTrue();
      }
      Outcome text =
          bakehouse.run(
              job("current", "feature"), "cache", "explain", "--kind", "bun", "--store", "dir:s");
      assertThat(text.text())
          .contains("no   build " + running.number() + " of main: it is not passed but ")
          .contains("YES  bun from build " + saved.number() + " of main");
    }
  }

  @Test
  void aRefusedTokenIsNamedAsTheReason() throws Exception {
    try (Coordinator coordinator = Coordinator.start(Config.of(0, dir.resolve("coordinator")))) {
      Files.writeString(dir.resolve("wrong"), "bkua_wrong");
      configure("api: {url: '" + coordinator.address() + "/v2', token-file: wrong}");

      JsonNode shown = explain(job("current", "main"), "--kind", "ccache");

      assertThat(shown.path("taken").isNull()).isTrue();
      assertThat(shown.path("reason").asString()).isEqualTo("NO_PERMISSION");
      assertThat(shown.path("remedy").asString()).contains("token");
    }
  }

  @Test
  void withoutACoordinatorTheLastSavedCounts() throws IOException {
    save(job("b1", "main"));

    JsonNode shown = explain(Map.of(), "--kind", "bun", "--scope", "bakehouse.bun/feature");
    assertThat(shown.path("taken").path("build").asString()).isEqualTo("b1");
    assertThat(shown.path("taken").path("scope").asString()).isEqualTo("main");

    Outcome none = bakehouse.run(Map.of(), "cache", "explain", "--kind", "ccache");
    assertThat(none.status()).isEqualTo(Exit.FAILED);
    assertThat(none.text()).contains("no cache found").contains("first build that passes");
  }

  @Test
  void aStepThatRestoresNothingSaysWhy() {
    Map<String, String> link = new java.util.HashMap<>(job("current", "main"));
    link.put("BUILDKITE_STEP_KEY", "linux-x64-build-bun");
    link.put("BUN_LINK_ONLY", "ON");
    assertThat(explain(link).path("summary").asString()).contains("linking makes no cache");

    Map<String, String> off = new java.util.HashMap<>(job("current", "main"));
    off.put("CACHE_STRATEGY", "disabled");
    JsonNode disabled = explain(off);
    assertThat(disabled.path("reason").asString()).isEqualTo("DISABLED");
    assertThat(disabled.path("remedy").asString()).contains("Unset CACHE_STRATEGY");
  }

  @Test
  void aPullRequestOutsideOfAJobNeedsItsBranch() {
    Outcome without =
        bakehouse.run(Map.of(), "cache", "explain", "--kind", "bun", "--scope", "p/pull:7");
    assertThat(without.complaint()).contains("--branch");

    JsonNode shown =
        explain(
            Map.of(),
            "--kind",
            "bun",
            "--scope",
            "p/pull:7",
            "--branch",
            "topic",
            "--base",
            "release");
    assertThat(shown.path("scopes"))
        .extracting(s -> s.asString().split(" ")[0])
        .containsExactly("p/pull:7", "p/topic", "p/release", "p/main");
  }

  private void configure(String yaml) throws IOException {
    Files.writeString(dir.resolve("bakehouse.yml"), yaml + "\n");
  }

  private void save(Map<String, String> env) {
    Outcome saved =
        bakehouse.run(env, "cache", "save", "--kind", "bun", "--path", "c", "--store", "dir:s");
    assertThat(saved.status()).as(saved.complaint()).isZero();
  }

  private JsonNode explain(Map<String, String> env, String... more) {
    String[] all = new String[more.length + 5];
    System.arraycopy(new String[] {"cache", "explain", "--json", "--store", "dir:s"}, 0, all, 0, 5);
    System.arraycopy(more, 0, all, 5, more.length);
    return bakehouse.json(env, all);
  }

  private static Map<String, String> job(String build, String branch) {
    return Map.of(
        "BUILDKITE_JOB_ID",
        "j",
        "BUILDKITE_BUILD_ID",
        build,
        "BUILDKITE_ORGANIZATION_SLUG",
        "bakehouse",
        "BUILDKITE_PIPELINE_SLUG",
        "bun",
        "BUILDKITE_BRANCH",
        branch);
  }
}
