package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// A broken host, which is always free, does not use up the attempts of a job.
class ElsewhereTest extends WithCoordinator {
  private HandClient agent(String name, String host) throws Exception {
    return HandClient.connected(coordinator, name, "[\"host=" + host + "\"]");
  }

  private static String fails(HandClient agent, String status) throws Exception {
    var job = agent.begin();
    assertThat(agent.finish(job, status).status()).isEqualTo(200);
    return job.path("step").path("key").asString();
  }

  private static boolean getsNone(HandClient agent) throws Exception {
    return agent.call("GET", "/v3/ping", agent.agent, "").json().path("job").isMissingNode();
  }

  @Test
  void aJobWhoseMachineryFailedOnAHostIsLeftToOthersAndHoldsUpNoOther() throws Exception {
    HandClient busy = agent("a.1", "a");
    HandClient broken = agent("b.1", "b");
    HandClient neighbour = agent("b.2", "b");
    build("{key: long, command: x}, {key: one, command: x}, {key: two, command: x}");
    var held = busy.begin();
    assertThat(fails(broken, "125")).isEqualTo("one");
    assertThat(fails(broken, "125")).isEqualTo("two");
    assertThat(getsNone(broken)).isTrue();
    assertThat(getsNone(neighbour)).isTrue();
    var _ = busy.finish(held, "0");
    assertThat(fails(busy, "0")).isEqualTo("one");
    assertThat(fails(busy, "0")).isEqualTo("two");
  }

  /// However many: the jobs behind them are no worse.
  @Test
  void manyOfThemHideNoOther() throws Exception {
    HandClient busy = agent("a.1", "a");
    HandClient broken = agent("b.1", "b");
    StringBuilder steps = new StringBuilder("{key: long, command: x, priority: 9}");
    for (int i = 0; i < 20; i++) {
      steps.append(", {key: k%d, command: x, priority: 1}".formatted(i));
    }
    build(steps + ", {key: last, command: x}");
    var _ = busy.begin();
    for (int i = 0; i < 20; i++) {
      assertThat(fails(broken, "125")).isEqualTo("k" + i);
    }
    assertThat(fails(broken, "0")).isEqualTo("last");
  }

  @Test
  void notOneThatNoOtherHostCanRunOrThatFailedByItself() throws Exception {
    HandClient other = agent("a.1", "a");
    HandClient host = agent("b.1", "b");
    build("{key: pinned, command: x, agents: {host: b}}");
    assertThat(fails(host, "125")).isEqualTo("pinned");
    assertThat(fails(host, "0")).isEqualTo("pinned");
    build("{key: own, command: x, retry: {automatic: true}}");
    assertThat(fails(host, "1")).isEqualTo("own");
    assertThat(fails(host, "0")).isEqualTo("own");
    build("{key: bare, command: x, retry: {automatic: false}}");
    assertThat(fails(host, "-1")).isEqualTo("bare");
    build("{key: last, command: x}");
    assertThat(fails(host, "125")).isEqualTo("last");
    assertThat(getsNone(host)).isTrue();
    var _ = other.call("POST", "/v3/disconnect", other.agent, "");
    assertThat(fails(host, "0")).isEqualTo("last");
  }
}
