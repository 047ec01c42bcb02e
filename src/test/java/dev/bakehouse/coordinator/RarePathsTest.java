package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.BuildQuery;
import dev.bakehouse.buildkite.JobInfo;
import dev.bakehouse.platform.Poll;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// What happens to builds seldom, with agents by hand.
class RarePathsTest extends RestBench {
  private BuildInfo build(String steps) {
    client.definePipeline("p", "repo", "main", "steps: [" + steps + "]");
    return create("main", "c");
  }

  private static String id(HandClient agent) {
    return agent.agent.split("\\.")[1];
  }

  @Test
  @Timeout(20)
  void aJobBehindManyWaitsIsExplained() throws Exception {
    BuildInfo build = build(many(61) + "{key: z, command: x}");
    HandClient.Answer told = get(ORG + "/jobs/" + job(build, "z").id());
    assertThat(told.json().path("waiting_for")).hasSize(61);
  }

  private static String many(int count) {
    StringBuilder steps = new StringBuilder();
    for (int i = 0; i < count; i++) {
      steps.append("{command: x}, wait, ");
    }
    return steps.toString();
  }

  /// As long as a build may be, each waiting for the one below it; and the same with waits.
  @ParameterizedTest
  @ValueSource(strings = {"command: x", "wait: ~"})
  @Timeout(60)
  void aChainOfThousandsIsDecided(String step) {
    StringBuilder steps = new StringBuilder("{key: k4990, block: b}, ");
    for (int i = 0; i < 4990; i++) {
      steps.append("{key: k%d, depends_on: k%d, %s}, ".formatted(i, i + 1, step));
    }
    BuildInfo build = build(steps + "{key: z, depends_on: k0, command: x}");
    assertThat(job(build, "z").state()).isEqualTo("blocked");
  }

  @Test
  @Timeout(60)
  void aJobBehindThousandsOfWaitsIsDecided() {
    BuildInfo build =
        build(
            "{key: b, block: b}, {command: x}, " + "wait, ".repeat(4990) + "{key: z, command: x}");
    assertThat(job(build, "z").state()).isEqualTo("blocked");
  }

  @Test
  void anUploadFormHasFewAndSmallFields() {
    assertThatThrownBy(() -> form(17, 1)).hasMessageContaining("more than 16 fields");
    assertThatThrownBy(() -> form(10, 7000)).isInstanceOf(HttpError.class);
    assertThatThrownBy(() -> form(10, 10)).hasMessage("The form is malformed");
  }

  private static void form(int fields, int size) throws IOException {
    String one =
        "\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n" + "x".repeat(size) + "\r\n--b";
    byte[] body = ("--b" + one.repeat(fields) + "\r\n").getBytes(StandardCharsets.UTF_8);
    Multipart form =
        new Multipart(new ByteArrayInputStream(body), "multipart/form-data; boundary=b");
    form.toFile();
  }

  @Test
  void whatAStoppedAgentHadGoesOnOrEnds() throws Exception {
    BuildInfo offered = build("{key: a, command: x}");
    HandClient one = agent("one");
    one.call("GET", "/v3/ping", one.agent, "");
    client.stopAgent(id(one), true);
    HandClient two = agent("two");
    assertThat(two.take().path("id").asString()).isEqualTo(job(offered, "a").id());
    two.call("POST", "/v3/stop", two.agent, "{\"force\":true}");
    BuildInfo ended = client.build("p", offered.number());
    assertThat(ended.finishedAt()).as("nothing of it is left to do").isNotNull();
  }

  @Test
  void triggersAreNotSweptAwayAndHaveNoEnvironment() throws Exception {
    coordinator.close();
    coordinator =
        Coordinator.start(
            Config.of(0, dir.resolve("other")).infraRetries(0).lostAfter(Duration.ofMillis(100)));
    client = client(coordinator.apiToken());
    raw = new HandClient(coordinator);
    token = java.nio.file.Files.readString(coordinator.apiToken()).strip();
    client.definePipeline("t", "repo", "main", "steps: [{key: a, command: x}]");
    BuildInfo build = build("{key: go, trigger: t}, {block: b, key: b}");
    for (String key : List.of("go", "b")) {
      assertThat(get(ORG + "/pipelines/p/builds/1/jobs/" + job(build, key).id() + "/env").status())
          .as(key)
          .isEqualTo(400);
    }
    for (int i = 0; i < 4; i++) {
      agent("silent-" + i);
      Poll.until(
          "the sweeper",
          Duration.ofSeconds(10),
          () -> Optional.of(client.agents()).filter(List::isEmpty));
    }
    assertThat(job(build, "go").finishedAt()).isNull();
  }

  @Test
  void theTokenOfAnEndedJobDoesNothingToItsAgent() throws Exception {
    build("{command: x}, {key: b, command: x}");
    HandClient one = agent("one");
    JsonNode job = one.begin();
    one.finish(job, "0");
    for (String what : List.of("pause", "stop")) {
      assertThat(one.call("POST", "/v3/" + what, HandClient.token(job), "{}").status())
          .isEqualTo(401);
    }
    String again = "{\"exit_status\":\"0\",\"ignore_agent_in_dispatches\":true}";
    one.call("PUT", HandClient.path(job) + "/finish", HandClient.token(job), again);
    assertThat(one.take().path("id").asString()).isNotEmpty();
  }

  @Test
  void anAgentThatLeavesIsOfferedNothingByItsStream() throws Exception {
    HandClient one = agent("one");
    try (StreamClient stream = new StreamClient(coordinator, one.agent, id(one))) {
      assertThat(stream.next()).isEqualTo("resume");
      one.call("POST", "/v3/disconnect", one.agent, "");
      BuildInfo build = build("{key: a, command: x}");
      assertThatThrownBy(stream::next).hasMessageContaining("no gRPC frame");
      HandClient two = agent("two");
      assertThat(two.take().path("id").asString()).isEqualTo(job(build, "a").id());
    }
  }

  @Test
  void aReplacedRetryLeavesTheFailureToCount() throws Exception {
    BuildInfo build =
        build("{key: a, command: x}, {key: b, command: x, retry: {automatic: {limit: 1}}}");
    HandClient one = agent("one");
    HandClient two = agent("two");
    JsonNode uploader = one.begin();
    two.finish(two.begin(), "1");
    String upload =
        "{\"uuid\":\"u\",\"replace\":true,\"pipeline\":{\"steps\":[{\"command\":\"x\"}]}}";
    HandClient.Answer answer =
        one.call(
            "POST", HandClient.path(uploader) + "/pipelines", HandClient.token(uploader), upload);
    assertThat(answer.status()).isEqualTo(200);
    one.finish(uploader, "0");
    two.finish(two.begin(), "0");
    assertThat(client.build("p", build.number()).state()).isEqualTo("failed");
    assertThat(client.build("p", build.number()).jobs())
        .extracting(JobInfo::state)
        .containsExactlyInAnyOrder("passed", "failed", "passed");
  }

  @Test
  void aBuildThatWouldBeTooLargeIsRefusedAndLeavesNothing() {
    client.definePipeline(
        "big", "repo", "main", "steps: [" + "{command: x, parallelism: 1000}, ".repeat(11) + "]");
    assertThatThrownBy(() -> client.create("big", "c", "main", "", Map.of()))
        .hasMessageContaining("at most 10000 jobs");
    BuildInfo build = build("{trigger: big, key: t}");
    assertThat(job(build, "t").state()).isEqualTo("failed");
    assertThat(coordinator.builds("big")).isEmpty();
    String env = "env: {A: " + "x".repeat(5 << 20) + "}\nsteps: [";
    client.definePipeline("big", "repo", "main", env + "{command: x}, ".repeat(7) + "]");
    assertThatThrownBy(() -> client.create("big", "c", "main", "", Map.of()))
        .hasMessageContaining("more than 32 million characters");
  }

  @Test
  void aBlockInAGroupWaitsForWhatStandsAboveTheGroup() throws Exception {
    BuildInfo build = build("{command: x}, wait, {group: g, steps: [{block: b, key: b}]}");
    String block = String.valueOf(job(build, "b").id());
    assertThat(coordinator.unblockable(block)).isFalse();
    HandClient one = agent("one");
    one.finish(one.begin(), "0");
    assertThat(coordinator.unblockable(block)).isTrue();
  }

  @Test
  void whatIsBehindABlockByOthersHoldsNoPlaceInItsGroup() {
    String limited = "command: x, concurrency_group: k, concurrency: 1}, ";
    BuildInfo build =
        build(
            "{block: b}, {key: a, command: x}, wait, {key: c, "
                + limited
                + "{key: d, depends_on: a, "
                + limited
                + "{group: g, key: g, steps: [{key: e, "
                + limited
                + "]}, {key: f, depends_on: g, "
                + limited
                + "{key: free, depends_on: ~, "
                + limited);
    assertThat(coordinator.build(build.id()).jobs())
        .filteredOn(job -> job.state() == JobState.BLOCKED)
        .extracting(JobView::key)
        .containsExactly(null, "a", "c", "d", "e", "f");
    assertThat(Bench.last(coordinator.build(build.id()), "free").state())
        .isEqualTo(JobState.SCHEDULED);
  }

  @Test
  void aBuildBehindABlockIsFoundAndNotOver() {
    BuildInfo build = build("{block: b}, {command: x}");
    assertThat(client.builds("p", BuildQuery.in(List.of("blocked"), 10))).hasSize(1);
    BuildInfo now = client.build("p", build.number());
    assertThat(now.state()).isEqualTo("passed");
    assertThat(now.ended()).isFalse();
  }

  @Test
  void aBodyThatTakesTooLongIsGivenUp() {
    try (BodyBudget.Lease lease = new BodyBudget(Duration.ofNanos(-1)).lease()) {
      assertThatThrownBy(() -> lease.timely(new ByteArrayInputStream(new byte[1])).read())
          .hasMessageContaining("took too long");
    }
  }
}
