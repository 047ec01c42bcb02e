package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.buildkite.AgentInfo;
import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.BuildQuery;
import dev.bakehouse.buildkite.JobInfo;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.buildkite.RestRefused;
import dev.bakehouse.platform.UserError;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The client and the coordinator's `/v2`, with agents by hand: what each call does and answers is
/// as https://buildkite.com/docs/apis/rest-api says.
class RestApiTest {
  private static final String ORG = "/v2/organizations/bakehouse";
  private static final String TWO =
      "steps: [{key: a, command: x, agents: {queue: q}}, {key: b, command: y, depends_on: a}]";

  @TempDir Path dir;
  private Coordinator coordinator;
  private RestClient client;
  private HandClient raw;
  private String token = "";

  @BeforeEach
  void start() throws Exception {
    coordinator = Coordinator.start(Config.of(0, dir.resolve("state")).infraRetries(0));
    client = client(coordinator.apiToken());
    raw = new HandClient(coordinator);
    token = Files.readString(coordinator.apiToken()).strip();
    client.definePipeline("p", "repo", "main", TWO);
  }

  @AfterEach
  void stop() {
    coordinator.close();
  }

  private RestClient client(Path file) {
    return RestClient.of(URI.create(coordinator.address() + "/v2"), "bakehouse", file);
  }

  private HandClient agent(String name) throws Exception {
    return HandClient.connected(coordinator, name, "[\"queue=q\",\"queue=default\"]");
  }

  private HandClient.Answer get(String path) throws Exception {
    return raw.call("GET", path, token, "".getBytes(), "X-A", "b");
  }

  private static HandClient.Answer answer(HandClient hand, String path, String token)
      throws Exception {
    return hand.call("GET", path, token, "".getBytes(), "X-A", "b");
  }

  private BuildInfo create(String branch, String commit) {
    return client.create("p", commit, branch, "", Map.of("A", "b"));
  }

  private JobInfo job(BuildInfo build, String key) {
    return client.build("p", build.number()).jobs().stream()
        .filter(j -> key.equals(j.stepKey()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void buildsAreFoundByWhatIsAsked() throws Exception {
    BuildInfo first = create("main", "1");
    BuildInfo second = create("dev", "2");
    BuildInfo third = create("main", "2");
    client.cancel("p", second.number());

    assertThat(ids(new BuildQuery("main", (String) null, null, 9)))
        .containsExactly(third.id(), first.id());
    assertThat(ids(new BuildQuery("*e*", (String) null, null, 9))).containsExactly(second.id());
    assertThat(ids(new BuildQuery(null, "finished", null, 9))).containsExactly(second.id());
    assertThat(ids(BuildQuery.in(List.of("scheduled", "canceled"), 2)))
        .containsExactly(third.id(), second.id());
    assertThat(ids(new BuildQuery(null, (String) null, "2", 9)))
        .containsExactly(third.id(), second.id());
    assertThat(ids(new BuildQuery(null, List.of(), null, third.createdAt(), null, true, 9)))
        .contains(third.id())
        .doesNotContain(first.id());
    assertThat(ids(new BuildQuery(null, List.of(), null, null, first.createdAt(), true, 9)))
        .isEmpty();
    assertThat(client.builds(BuildQuery.in(List.of(), 9).bare()))
        .hasSize(3)
        .allMatch(b -> b.jobs().isEmpty());
    String all = ORG + "/pipelines/p/builds";
    assertThat(get(all + "?meta_data[k]=v").json()).isEmpty();
    for (String bad : List.of("state=odd", "created_from=soon", "page=x", "page=2000000000")) {
      assertThat(get(all + "?" + bad).status()).as(bad).isEqualTo(400);
    }
  }

  private List<String> ids(BuildQuery query) {
    return client.builds("p", query).stream().map(BuildInfo::id).toList();
  }

  @Test
  void pagesAreLinked() throws Exception {
    for (int i = 0; i < 5; i++) {
      create("main", "c");
    }
    HandClient.Answer middle = get(ORG + "/pipelines/p/builds?per_page=2&page=2&branch[]=main");
    assertThat(middle.json()).extracting(b -> b.path("number").asInt()).containsExactly(3, 2);
    String links = middle.raw().headers().firstValue("Link").orElse("");
    assertThat(links)
        .contains("page=1>; rel=\"first\"", "page=1>; rel=\"prev\"", "page=3>; rel=\"next\"")
        .contains("branch%5B%5D=main&page=3");
    assertThat(get(ORG + "/builds?per_page=2&page=3").raw().headers().firstValue("Link"))
        .hasValueSatisfying(l -> assertThat(l).doesNotContain("next"));
    assertThat(client.builds("p", new BuildQuery("main", (String) null, null, 4))).hasSize(4);
  }

  /// The steps behind a failed one run after it passed at the second attempt.
  @Test
  void aRetriedJobTakesItsBuildAlong() throws Exception {
    HandClient one = agent("one");
    BuildInfo build = create("main", "c");
    one.finish(one.begin(), "1");
    JobInfo failed = job(build, "a");
    assertThat(client.build("p", 1).state()).isEqualTo("failed");
    assertThat(job(build, "b").state()).isEqualTo("waiting_failed");

    JobInfo again = client.retry(String.valueOf(failed.id()));

    assertThat(again.state()).isEqualTo("scheduled");
    assertThat(client.build("p", 1).state()).isEqualTo("running");
    assertThat(client.build("p", 1).jobs())
        .extracting(JobInfo::id)
        .as("the attempt before is not told")
        .containsOnlyOnce(again.id())
        .doesNotContain(failed.id());
    assertThat(client.job(String.valueOf(failed.id())).retriedInJobId()).isEqualTo(again.id());
    one.finish(one.begin(), "0");
    one.finish(one.begin(), "0");
    assertThat(client.build("p", 1).state()).isEqualTo("passed");
    assertThat(client.build("p", 1).finishedAt()).isNotNull();
    assertThatThrownBy(() -> client.retry(String.valueOf(failed.id())))
        .hasMessageContaining("retried already");
  }

  @Test
  void whatCanNotBeRetriedIsRefused() throws Exception {
    client.definePipeline(
        "once",
        "repo",
        "main",
        "steps: [{key: a, command: x, retry: {manual: {allowed: false, reason: because}}}]");
    HandClient one = agent("one");
    BuildInfo build = client.create("once", "c", "main", "", Map.of());
    String id = String.valueOf(build.jobs().getFirst().id());
    assertThatThrownBy(() -> client.retry(id)).hasMessageContaining("400 Only failed, timed out");
    one.finish(one.begin(), "1");
    assertThatThrownBy(() -> client.retry(id)).hasMessageContaining("because");
    BuildInfo other = create("main", "c");
    client.cancel("p", other.number());
    assertThatThrownBy(() -> client.retry(String.valueOf(job(other, "a").id())))
        .hasMessageContaining("422 Jobs from canceled builds cannot be retried");
    assertThatThrownBy(() -> client.cancel("p", other.number()))
        .hasMessageContaining("already finished");
    assertThatThrownBy(() -> client.retry("none"))
        .isInstanceOfSatisfying(RestRefused.class, e -> assertThat(e.missing()).isTrue());
  }

  @Test
  void aJobIsCancelledAndABuildMadeAgain() throws Exception {
    BuildInfo build = create("dev", "c");
    client.cancelJob(String.valueOf(job(build, "a").id()));
    assertThat(job(build, "a").state()).isEqualTo("canceled");
    assertThat(client.build("p", 1).state()).as("not its build's end").isEqualTo("failed");
    BuildInfo again = client.rebuild("p", 1);
    assertThat(again.number()).isEqualTo(2);
    assertThat(again.branch()).isEqualTo("dev");
    JsonNode shown = get(ORG + "/pipelines/p/builds/2").json();
    assertThat(shown.path("rebuilt_from").path("number").asInt()).isEqualTo(1);
    assertThat(shown.path("env").path("A").asString()).isEqualTo("b");
    String own =
        coordinator.create(
            new BuildRequest("bare", "r", "c", "main", "", Map.of()),
            dev.bakehouse.pipeline.Pipeline.parse("p", "steps: [{command: x}]"));
    assertThat(coordinator.build(own).number()).isEqualTo(1);
    assertThatThrownBy(() -> client.rebuild("bare", 1)).hasMessageContaining("no steps of its own");
  }

  @Test
  void aBlockStepIsUnblockedWithAnswers() throws Exception {
    client.definePipeline(
        "gate",
        "repo",
        "main",
        "steps: [{block: ok, key: ok, fields: [{text: Name, key: name}]}, {key: a, command: x}]");
    BuildInfo build = client.create("gate", "c", "main", "", Map.of());
    JobInfo block = build.jobs().getFirst();
    JobInfo after = client.job(String.valueOf(build.jobs().getLast().id()));
    assertThat(block.type()).isEqualTo("manual");
    assertThat(after.state()).isEqualTo("blocked");
    assertThat(after.waitingFor()).extracting(JobInfo::id).containsExactly(block.id());
    String id = String.valueOf(block.id());
    assertThatThrownBy(() -> client.unblock(String.valueOf(after.id()), Map.of()))
        .hasMessageContaining("400 This job type cannot be unblocked");
    assertThatThrownBy(() -> client.unblock(id, Map.of())).hasMessageContaining("422");
    assertThat(client.unblock(id, Map.of("name", "Liam")).state()).isEqualTo("unblocked");
    assertThat(client.build("gate", 1).metaData()).containsEntry("name", "Liam");
    assertThat(client.job(String.valueOf(after.id())).state()).isEqualTo("scheduled");
  }

  @Test
  void aJobIsShownWithItsEnvironment() throws Exception {
    BuildInfo build = create("main", "c");
    create("main", "d");
    String a = String.valueOf(job(build, "a").id());
    JobInfo b = client.job(String.valueOf(job(build, "b").id()));
    assertThat(b.state()).isEqualTo("waiting");
    assertThat(b.waitingFor()).singleElement().extracting(JobInfo::id).isEqualTo(a);
    assertThat(client.job(a).agentQueryRules()).containsExactly("queue=q");
    assertThat(client.job(a).buildUrl()).endsWith("/pipelines/p/builds/1");
    assertThat(client.environment(a))
        .containsEntry("BUILDKITE_COMMAND", "x")
        .containsEntry("A", "b")
        .containsEntry("BUILDKITE_COMMIT", "c");
    HandClient one = agent("one");
    JsonNode taken = one.begin();
    assertThat(client.environment(a)).containsEntry("BUILDKITE_AGENT_NAME", "one");
    assertThat(taken.path("env").path("BUILDKITE_COMMAND").asString()).isEqualTo("x");
    one.chunk(taken, 1, 0, "hello");
    assertThat(new String(client.log("p", 1, a))).isEqualTo("hello");
    String elsewhere = ORG + "/pipelines/p/builds/2/jobs/" + a;
    for (String what : List.of("", "/log", "/env", "/artifacts")) {
      assertThat(get(elsewhere + what).status()).as(what).isEqualTo(404);
    }
    assertThat(get(ORG + "/pipelines/p/builds/1/jobs?step_key=b").json().path("items")).hasSize(1);
    HandClient.Answer moved =
        raw.call("PUT", ORG + "/jobs/" + a + "/reprioritize", token, "{\"priority\":7}");
    assertThat(moved.json().path("priority").path("number").asInt()).isEqualTo(7);
  }

  @Test
  void artifactsAreListedByJobAndPath() throws Exception {
    BuildInfo build = create("main", "c");
    HandClient one = agent("one");
    JsonNode job = one.begin();
    StringBuilder files = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      files.append("{\"path\":\"d/").append(i).append("\",\"file_size\":0},");
    }
    String announced =
        "{\"id\":\"x\",\"artifacts\":["
            + files
            + "{\"path\":\"e\",\"file_size\":5}],\"upload_destination\":\"\"}";
    one.call("POST", HandClient.path(job) + "/artifacts", HandClient.token(job), announced);
    String list = ORG + "/pipelines/p/builds/1/artifacts";
    assertThat(client.artifacts("p", 1)).hasSize(4).allMatch(a -> "new".equals(a.state()));
    assertThat(get(list + "?per_page=3").json()).hasSize(3);
    assertThat(get(list + "?per_page=3&page=2").json()).hasSize(1);
    assertThat(get(list + "?path=d/*").json()).hasSize(3);
    assertThat(get(list + "?state=finished").json()).isEmpty();
    assertThat(get(list + "?state=odd").status()).isEqualTo(422);
    String id = String.valueOf(client.artifacts("p", 1).getFirst().id());
    String b = String.valueOf(job(build, "b").id());
    assertThat(get(ORG + "/jobs/" + b + "/artifacts").json()).isEmpty();
    assertThat(get(ORG + "/jobs/" + b + "/artifacts/" + id).status()).isEqualTo(404);
    assertThat(get(ORG + "/jobs/" + b + "/artifacts/" + id + "/download").status()).isEqualTo(404);
    HandClient.Answer link = get(list + "/" + id + "/download");
    assertThat(link.status()).isEqualTo(302);
    assertThat(link.raw().headers().firstValue("Location")).isPresent();
  }

  @Test
  void agentsAreShownPausedAndStopped() throws Exception {
    create("main", "c");
    HandClient one = agent("one");
    agent("two");
    one.begin();
    AgentInfo busy = client.agents().getFirst();
    assertThat(busy.name()).isEqualTo("one");
    assertThat(busy.metaData()).containsExactly("queue=q", "queue=default");
    JobInfo runs = busy.job();
    assertThat(runs == null ? "" : runs.title()).isEqualTo("a");
    assertThat(get(ORG + "/agents?name=two").json()).hasSize(1);
    String id = String.valueOf(busy.id());
    String path = ORG + "/agents/" + id;
    assertThat(raw.call("PUT", path + "/pause", token, "{}").status()).isEqualTo(204);
    assertThat(raw.call("PUT", path + "/pause", token, "{}").status()).isEqualTo(422);
    assertThat(client.agent(id).paused()).isTrue();
    assertThat(raw.call("PUT", path + "/resume", token, "{}").status()).isEqualTo(204);
    client.stopAgent(id, true);
    assertThat(client.agent(id).connectionState()).isEqualTo("stopping");
    assertThat(client.build("p", 1).jobs().getFirst().state()).isEqualTo("canceling");
    assertThat(get(ORG + "/agents/none").status()).isEqualTo(404);
  }

  @Test
  void aTokenDoesWhatItsScopesSayAndNoMore() throws Exception {
    ApiTokens tokens = new ApiTokens(dir.resolve("state"));
    Path file = dir.resolve("token");
    String reader = tokens.create("reader", Set.of(ApiScope.READ_BUILDS));
    Files.writeString(file, reader);
    RestClient limited = client(file);
    assertThat(limited.builds("p", new BuildQuery(null, (String) null, null, 1))).isEmpty();
    assertThatThrownBy(() -> limited.create("p", "c", "main", "", Map.of()))
        .isInstanceOfSatisfying(
            RestRefused.class,
            e -> {
              assertThat(e.denied()).isTrue();
              assertThat(e).hasMessageContaining("doesn't have the write_builds scope");
              assertThat(e.remedy()).contains("write_builds", "this one has read_builds");
            });
    assertThatThrownBy(limited::agents).hasMessageContaining("read_agents");
    assertThatThrownBy(() -> tokens.create("reader", Set.of())).isInstanceOf(UserError.class);
    try (var files = Files.walk(dir.resolve("state/tokens/scoped"))) {
      assertThat(files.filter(Files::isRegularFile))
          .allSatisfy(f -> assertThat(f).content().doesNotContain(reader));
    }
    assertThat(raw.call("DELETE", "/v2/access-token", reader, "").status()).isEqualTo(204);
    assertThatThrownBy(() -> limited.build("p", 1)).hasMessageContaining("401");
    assertThat(raw.call("DELETE", "/v2/access-token", token, "").status()).isEqualTo(403);
  }

  @Test
  void noOtherTokenOpensIt() throws Exception {
    create("main", "c");
    HandClient one = agent("one");
    JsonNode job = one.begin();
    String registration = Files.readString(coordinator.registrationToken()).strip();
    for (String other : List.of("", "x", registration, one.agent, HandClient.token(job))) {
      assertThat(answer(raw, ORG + "/pipelines/p/builds/1", other).status()).isEqualTo(401);
      assertThat(answer(raw, ORG + HandClient.path(job).substring(3) + "/env", other).status())
          .isEqualTo(401);
    }
    assertThat(get("/v2/organizations/other/builds").status()).isEqualTo(404);
  }

  @Test
  void metricsAreThoseThatTheirCollectorReads() throws Exception {
    create("main", "c");
    create("main", "c");
    HandClient one = agent("one");
    agent("two");
    one.begin();
    String registration = Files.readString(coordinator.registrationToken()).strip();
    HandClient.Answer all = answer(raw, "/v3/metrics", registration);
    assertThat(all.raw().headers().firstValue("Buildkite-Agent-Metrics-Poll-Duration"))
        .hasValue("10");
    JsonNode json = all.json();
    assertThat(json.path("organization").path("slug").asString()).isEqualTo("bakehouse");
    assertThat(json.path("agents").path("busy").asInt()).isEqualTo(1);
    assertThat(json.path("agents").path("total").asInt()).isEqualTo(2);
    assertThat(json.path("jobs").path("queues").path("q"))
        .isEqualTo(
            Json.MAPPER.readTree("{\"running\":1,\"scheduled\":1,\"total\":2,\"waiting\":0}"));
    assertThat(json.path("jobs").path("queues").path("default").path("waiting").asInt())
        .isEqualTo(2);
    JsonNode queue = answer(raw, "/v3/metrics/queue?name=q", registration).json();
    assertThat(queue.path("jobs").path("total").asInt()).isEqualTo(2);
    assertThat(queue.path("agents").path("idle").asInt()).isEqualTo(1);
    assertThat(answer(raw, "/v3/metrics/queue?name=none", registration).json().path("jobs"))
        .allMatch(n -> n.asInt() == 0);
    assertThat(answer(raw, "/v3/metrics", one.agent).status()).isEqualTo(401);
    assertThat(answer(raw, "/v3/metrics/queue", registration).status()).isEqualTo(400);
  }

  @Test
  void malformedRequestsAreAnswered() throws Exception {
    create("main", "c");
    String builds = ORG + "/pipelines/p/builds";
    for (String body :
        List.of(
            "",
            "[]",
            "null",
            "{",
            "{\"env\":{\"a\":null}}",
            "{\"env\":[1]}",
            "{\"meta_data\":{\"k\":null}}",
            "{\"pull_request_id\":\"x\"}",
            "{\"fields\":7}",
            "{\"priority\":\"high\"}",
            "{\"force\":{}}",
            "\u0000")) {
      for (String path : List.of("", "/1/cancel", "/1/rebuild", "/x/cancel", "/1/jobs/x/unblock")) {
        HandClient.Answer answer =
            raw.call(path.isEmpty() ? "POST" : "PUT", builds + path, token, body);
        assertThat(answer.status()).as(path + " " + body).isBetween(200, 499);
        assertThat(answer.status() < 300 || answer.json().has("message")).isTrue();
      }
    }
    for (String path :
        List.of(
            "/%ff/x",
            "?per_page=-1",
            "?page=-5",
            "?branch[]=a&branch[]=&state[]=&meta_data[=x&meta_data[]=y",
            "/1/jobs/%2e%2e%2fx/log",
            "/1/artifacts/%00/download")) {
      assertThat(get(builds + path).status()).as(path).isBetween(200, 499);
    }
  }
}
