package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.BuildQuery;
import dev.bakehouse.buildkite.JobInfo;
import dev.bakehouse.buildkite.JobReference;
import dev.bakehouse.buildkite.RestRefused;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Builds and jobs by the client and the coordinator's `/v2`, with agents by hand: what each call
/// does and answers is as https://buildkite.com/docs/apis/rest-api says.
class RestApiTest extends RestBench {
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
    HandClient.Answer none = get(ORG + "/pipelines/misspelt/builds");
    assertThat(none.status()).isEqualTo(404);
    assertThat(none.json().path("message").asString()).contains("No pipeline found");
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
  void aBuildThatWaitsForAnAnswerIsNotShownAsPassed() throws Exception {
    client.definePipeline("blocks", "repo", "main", "steps: [{block: b, key: b}]");
    BuildInfo build = client.create("blocks", "c", "main", "", Map.of());
    assertThat(client.build("blocks", 1).shownState()).isEqualTo("passed, blocked");
    client.unblock(String.valueOf(build.jobs().getFirst().id()), Map.of());
    assertThat(client.build("blocks", 1).shownState()).isEqualTo("passed");
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

    assertThat(job(build, "b").reason()).isEqualTo("What it depends on failed");
    JobInfo again = client.retry(String.valueOf(failed.id()));
    assertThat(job(build, "b").state()).isEqualTo("waiting");
    assertThat(job(build, "b").reason()).as("of a state that is over").isNull();

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
  void theFirstThatFailedIsTheOneThatFailedItsBuild() throws Exception {
    client.definePipeline(
        "soft",
        "repo",
        "main",
        "steps: [{key: s, command: x, soft_fail: true}, {key: h, command: y}]");
    JobReference.Pick pick = JobReference.Pick.first("has no job that failed", "failed");
    JobReference first = JobReference.parse("soft#1");
    BuildInfo _ = client.create("soft", "c", "main", "", Map.of());
    HandClient one = agent("one");
    assertThatThrownBy(() -> first.find(client, pick)).hasMessage("Build 1 has no job that failed");
    one.finish(one.begin(), "1");
    assertThat(first.find(client, pick).stepKey()).as("there is no other").isEqualTo("s");
    one.finish(one.begin(), "1");
    assertThat(first.find(client, pick).stepKey()).isEqualTo("h");
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
    one.finish(taken, "0");
    HandClient.Answer late =
        raw.call("PUT", ORG + "/jobs/" + a + "/reprioritize", token, "{\"priority\":8}");
    assertThat(late.status()).isEqualTo(422);
    assertThat(late.json().path("message").asString()).contains("has ended already; it is passed");
  }
}
