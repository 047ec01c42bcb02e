package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.Explainer;
import dev.bakehouse.buildkite.Explanation;
import dev.bakehouse.buildkite.JobInfo;
import dev.bakehouse.buildkite.JobReference;
import dev.bakehouse.buildkite.RestClient;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Why jobs wait, asked of a coordinator with agents by hand.
class JobWaitTest {
  @TempDir Path dir;
  private Coordinator coordinator;
  private RestClient client;

  @BeforeEach
  void start() {
    coordinator = Coordinator.start(Config.of(0, dir.resolve("state")).infraRetries(0));
    URI address = URI.create(coordinator.address() + "/v2");
    client = RestClient.of(address, "bakehouse", coordinator.apiToken());
  }

  @AfterEach
  void stop() {
    coordinator.close();
  }

  private BuildInfo build(String steps) {
    client.definePipeline("p", "repo", "main", "steps: [" + steps + "]");
    return client.create("p", "c", "main", "", Map.of());
  }

  private HandClient agent(String name, String... tags) throws Exception {
    return HandClient.connected(coordinator, name, Json.text(tags));
  }

  private Explanation explain(String reference) {
    return explain(reference, Clock.systemUTC());
  }

  private Explanation explain(String reference, Clock clock) {
    JobInfo job =
        JobReference.parse(reference)
            .within(Optional.of("p"))
            .find(client, jobs -> jobs.stream().findFirst());
    return new Explainer(client, clock).explain(job);
  }

  @Test
  void nobodyHasTheTags() throws Exception {
    build("{key: a, command: x, agents: {os: darwin, queue: mac}}");
    assertThat(explain("1/a").summary()).isEqualTo("No agent is connected.");
    agent("far", "queue=linux");
    agent("near", "queue=mac", "os=linux", "host=mini-1");
    Explanation told = explain("1/a");
    assertThat(told.verdict()).isEqualTo("no-agent");
    assertThat(told.summary()).contains("os=darwin").doesNotContain("queue=mac");
    assertThat(told.agents())
        .extracting(Explanation.Candidate::name)
        .containsExactly("near", "far");
    assertThat(told.agents().getFirst().missing()).containsExactly("os=darwin");
    assertThat(told.text()).contains("agent near on mini-1: lacks os=darwin");
    assertThat(told.expectedWaitSeconds()).isNull();
  }

  @Test
  void hostsAreNotReady() throws Exception {
    build("{key: a, command: x, agents: {queue: mac, vm-ready: 'true'}}");
    agent("x", "queue=mac", "vm-ready=false", "host=mini-1", "vm-status-reason=image-missing");
    agent("y", "queue=mac", "vm-ready=false", "host=mini-2", "vm-status-reason=registry-gone");
    agent("z", "queue=other", "vm-ready=false");
    Explanation told = explain("1/a");
    assertThat(told.verdict()).isEqualTo("not-ready");
    assertThat(told.summary()).endsWith(": mini-1, mini-2.");
    assertThat(told.agents())
        .extracting(Explanation.Candidate::reason)
        .containsExactly("image-missing", "registry-gone");
  }

  @Test
  void agentsAreBusy() throws Exception {
    HandClient one = agent("one", "queue=q");
    build("{key: a, command: x, agents: {queue: q}}");
    one.finish(one.begin(), "0");
    Duration usual = client.build("p", 1).jobs().getFirst().time();
    build("{key: a, command: x, agents: {queue: q}}");
    JsonNode running = one.begin();
    build("{key: a, command: x, agents: {queue: q}}");
    build("{key: b, command: x, agents: {queue: q}, priority: 5}");
    build("{key: c, command: x, agents: {queue: other}, priority: 9}");
    Instant began = Instant.parse(client.build("p", 2).jobs().getFirst().startedAt());

    Explanation told = explain("3/a", Clock.fixed(began, ZoneOffset.UTC));

    assertThat(told.verdict()).isEqualTo("busy");
    assertThat(told.ahead()).singleElement().extracting(Explanation.Ahead::step).isEqualTo("b");
    assertThat(told.agents())
        .singleElement()
        .extracting(Explanation.Candidate::runs)
        .isEqualTo("a");
    assertThat(told.expectedWaitSeconds()).as("no build tells how long b takes").isNull();
    client.cancel("p", 4);
    assertThat(explain("3/a", Clock.fixed(began, ZoneOffset.UTC)).expectedWaitSeconds())
        .isEqualTo(usual.toSeconds());
    one.finish(running, "0");
    assertThat(explain("3/a").verdict()).isEqualTo("next");
  }

  @Test
  void otherStepsComeFirst() throws Exception {
    build("{key: a, command: x}, {key: b, command: x}, {wait: }, {key: c, command: x}");
    Explanation told = explain("1/c");
    assertThat(told.verdict()).isEqualTo("dependencies");
    assertThat(told.waitsFor()).extracting(Explanation.Awaited::step).containsExactly("a", "b");
    HandClient one = agent("one");
    one.finish(one.begin(), "1");
    assertThat(explain("1/c").waitsFor())
        .extracting(Explanation.Awaited::step)
        .containsExactly("b");
    one.finish(one.begin(), "0");
    assertThat(explain("1/c").verdict()).isEqualTo("never-ran");
  }

  @Test
  void aBlockWaitsForWhatStandsBeforeItAndThenForSomebody() throws Exception {
    build("{key: a, command: x}, {input: i, key: i}, {block: ok, key: ok}");
    Explanation told = explain("1/ok");
    assertThat(told.verdict()).isEqualTo("dependencies");
    assertThat(told.waitsFor()).extracting(Explanation.Awaited::step).containsExactly("a");
    HandClient one = agent("one");
    one.finish(one.begin(), "0");
    told = explain("1/ok");
    assertThat(told.verdict()).isEqualTo("blocked");
    assertThat(told.summary()).isEqualTo("It waits for somebody to unblock it.");
    assertThat(told.waitsFor()).isEmpty();
  }

  @Test
  void inputStepsHoldUpNobodyAtAWait() {
    build("{key: a, command: x}, {input: i, key: i}, {wait: }, {key: c, command: x}");
    Explanation told = explain("1/c");
    assertThat(told.verdict()).isEqualTo("dependencies");
    assertThat(told.waitsFor()).extracting(Explanation.Awaited::step).containsExactly("a");
  }

  @Test
  void aConcurrencyGroupIsNotFullAndStillComesFirst() throws Exception {
    String group = ", concurrency: 1, concurrency_group: g";
    build("{key: slow, command: x}, {key: a, command: x, depends_on: slow" + group + "}");
    build("{key: b, command: x" + group + "}, {key: c, command: x" + group + "}");
    HandClient one = agent("one");
    JsonNode slow = one.begin();
    Explanation told = explain("2/c");
    assertThat(told.verdict()).isEqualTo("limited");
    assertThat(told.summary()).contains("come before it", "wait themselves");
    assertThat(told.text())
        .contains("waits for: a of p #1, which is waiting", "waits for: b, which is limited");
    one.finish(slow, "0");
    JsonNode a = one.begin();
    told = explain("2/b");
    assertThat(told.summary()).startsWith("As many jobs of its concurrency group run as may");
    assertThat(told.waitsFor()).hasSize(1);
    assertThat(told.text()).contains("waits for: a of p #1, which is running");
    one.finish(a, "0");
    assertThat(explain("2/b").verdict()).isEqualTo("next");
  }

  @Test
  void aHostWhereTheMachineryFailedIsFreeAndDoesNotTakeTheJob() throws Exception {
    coordinator.close();
    coordinator = Coordinator.start(Config.of(0, dir.resolve("other")));
    URI address = URI.create(coordinator.address() + "/v2");
    client = RestClient.of(address, "bakehouse", coordinator.apiToken());
    HandClient busy = agent("a.1", "host=a");
    HandClient broken = agent("b.1", "host=b");
    build("{key: long, command: x, agents: {host: a}}, {key: b, command: x}");
    JsonNode held = busy.begin();
    broken.finish(broken.begin(), "125");
    Explanation told = explain("1/b");
    assertThat(told.verdict()).isEqualTo("busy");
    assertThat(told.summary()).contains("b, where its machinery failed, leaves it to them");
    assertThat(told.agents()).extracting(Explanation.Candidate::name).containsExactly("a.1");
    busy.finish(held, "0");
    assertThat(explain("1/b").verdict()).isEqualTo("next");
    var _ = busy.call("POST", "/v3/disconnect", busy.agent, "");
    told = explain("1/b");
    assertThat(told.verdict()).isEqualTo("next");
    assertThat(told.agents()).extracting(Explanation.Candidate::name).containsExactly("b.1");
  }

  @Test
  void aTriggerWaitsForItsBuildAndNoAgent() throws Exception {
    client.definePipeline("other", "repo", "main", "steps: [{command: x}]");
    build("{trigger: other, key: t}");
    assertThat(explain("1/t").summary()).startsWith("It waits for the build that it triggered");
    client.cancel("other", 1);
    assertThat(explain("1/t").summary())
        .startsWith("It waited for the build that it triggered")
        .endsWith(" The triggered build canceled");
  }

  @Test
  void whatDidNotRunSaysWhy() {
    build("{trigger: nowhere, key: t}, {key: s, command: x, skip: 'too slow'}");
    assertThat(explain("1/t").summary()).contains("This coordinator knows no pipeline `nowhere`");
    assertThat(explain("1/s").summary()).endsWith("left out of this build. too slow");
  }

  @Test
  void whatRanSaysWhere() throws Exception {
    build("{key: a, command: x}");
    HandClient one = agent("one");
    JsonNode job = one.begin();
    String id = job.path("id").asString();
    assertThat(explain(id).summary()).startsWith("It runs on one");
    client.agents().forEach(a -> client.stopAgent(String.valueOf(a.id()), false));
    one.finish(job, "3");
    Explanation told = explain(id);
    assertThat(told.verdict()).isEqualTo("ran");
    assertThat(told.summary()).startsWith("It ran on one").contains("exit status 3", "waited");
    assertThat(told.build()).isEqualTo(1);
    assertThat(explain(String.valueOf(client.job(id).webUrl())).job()).isEqualTo(id);
  }

  @Test
  void everyAgentIsPausedOrStopping() throws Exception {
    build("{key: a, command: x}");
    agent("one");
    client.agents().forEach(a -> client.stopAgent(String.valueOf(a.id()), false));
    Explanation told = explain("1/a");
    assertThat(told.verdict()).isEqualTo("paused");
    assertThat(told.text()).contains(": stopping").doesNotContain("free");
  }

  @Test
  void aPausedAgentIsToldWithItsNoteAndItsEnd() throws Exception {
    build("{key: a, command: x}");
    HandClient one = agent("one");
    String token = Files.readString(coordinator.apiToken()).strip();
    String id = String.valueOf(client.agents().getFirst().id());
    String path = "/v2/organizations/bakehouse/agents/" + id;
    String body = "{\"note\":\"new\\n\\u001bdisk\",\"timeout_in_minutes\":90}";
    Instant before = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    assertThat(one.call("PUT", path + "/pause", token, body).status()).isEqualTo(204);
    Explanation told = explain("1/a");
    assertThat(told.verdict()).isEqualTo("paused");
    String held = String.valueOf(told.agents().getFirst().held());
    assertThat(held).startsWith("paused until ").endsWith(": new disk");
    assertThat(Instant.parse(held.replaceAll("^paused until |: new disk$", "")))
        .isBetween(before.plusSeconds(90 * 60), before.plusSeconds(91 * 60));
    assertThat(told.text()).contains(held).doesNotContain("free");
    one.call("PUT", path + "/resume", token, "{}");
    assertThat(client.agent(id).pausedNote()).isNull();
    assertThat(explain("1/a").verdict()).isEqualTo("next");
  }
}
