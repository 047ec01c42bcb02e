package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.buildkite.AgentInfo;
import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.BuildQuery;
import dev.bakehouse.buildkite.JobInfo;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.buildkite.RestRefused;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// Artifacts, agents, tokens and metrics at `/v2` and `/v3/metrics`, and what is no request at all.
class RestAccessTest extends RestBench {
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
          .isNotEmpty()
          .allSatisfy(f -> assertThat(f).content().doesNotContain(reader))
          .allSatisfy(f -> Directories.insistPrivate("The token", f));
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

  private HandClient.Answer posted(String body) throws Exception {
    return raw.call("POST", ORG + "/pipelines/p/builds", token, body);
  }

  /// As Buildkite does; and what git would take for an option, or for no name at all.
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "{}; needs a `commit`",
        "{'commit':'HEAD'}; needs a `branch`",
        "{'commit':null,'branch':'main'}; needs a `commit`",
        "{'commit':3,'branch':'main'}; `commit` must be a text",
        "{'commit':'HEAD','branch':''}; needs a `branch`",
        "{'commit':'','branch':'main'}; needs a `commit`",
        "{'commit':'--upload-pack=x','branch':'main'}; `commit` can not be `--upload-pack=x`",
        "{'commit':'HEAD~1','branch':'main'}; `commit` can not be",
        "{'commit':'HEAD','branch':'-x'}; `branch` can not be `-x`",
        "{'commit':'HEAD','branch':'a..b'}; `branch` can not be `a..b`",
        "{'commit':'HEAD','branch':'a b'}; `branch` can not be",
        "{'commit':'HEAD','branch':'a\\nb'}; `branch` can not be `a?b`",
        "{'commit':'HEAD','branch':'a.lock'}; `branch` can not be",
        "{'commit':'HEAD','branch':'me:-x'}; `branch` can not be",
        "{'commit':'HEAD','branch':'a:b:c'}; `branch` can not be",
        "{'commit':'HEAD','branch':'main','env':{'A=B':'c'}}; can not be called `A=B`",
        "{'commit':'HEAD','branch':'main','env':{'':'c'}}; can not be called",
        "{'commit':'HEAD','branch':'main','env':{'A':'b\\u0000c'}}; `env[A]` holds a NUL",
        "{'commit':'HEAD','branch':'main','message':'\\u0000'}; `message` holds a NUL",
        "{'commit':'HEAD','branch':'main','meta_data':{'k':'\\u0000'}}; `meta_data[k]` holds a NUL",
      })
  void aBuildOfWhatCanNotBeBuiltIsRefused(String body, String part) throws Exception {
    HandClient.Answer answer = posted(body.replace('\'', '"'));
    assertThat(answer.status()).as(body).isEqualTo(422);
    assertThat(answer.json().path("message").asString()).contains(part);
    assertThat(client.builds("p", new BuildQuery(null, (String) null, null, 9))).isEmpty();
  }

  @Test
  void whatGitTakesIsBuiltWhateverElseOfBuildkitesIsAsked() throws Exception {
    String hash = "0123456789abcdef0123456789abcdef01234567";
    for (String of :
        List.of(
            "{'commit':'" + hash + "','branch':'main'}",
            "{'commit':'HEAD','branch':'me:feature/x'}",
            "{'commit':'refs/tags/v1.2','branch':'v1.2','env':{'A.b':''}}",
            "{'commit':'HEAD','branch':'bücher','author':{'name':'a'},'clean_checkout':true,"
                + "'ignore_pipeline_branch_filters':true,'env':{'N':1}}")) {
      assertThat(posted(of.replace('\'', '"')).status()).as(of).isEqualTo(201);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "[]; The body must be an object",
        "{'env':[1]}; `env` of the body must be an object",
        "{'env':{'A':[1]}}; `env.A` of the body must be a text",
        "{'pull_request_id':'x'}; `pull_request_id` of the body must be a whole number",
        "{'env'; The body is not JSON, at line 1, column",
      })
  void aWrongBodyIsToldByItsFieldsAlone(String body, String part) throws Exception {
    HandClient.Answer answer = posted(body.replace('\'', '"'));
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().path("message").asString())
        .contains(part)
        .doesNotContain("bakehouse", "java", "Source");
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
