package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.pipeline.Pipeline;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// A build called `main` that is not main's.
class BuiltRefTest extends WithCoordinator {
  @Test
  void aBranchCanNotHaveItselfBuiltAsMainBeforeItsPullRequestIsOpen() throws Exception {
    HandClient agent = HandClient.connected(coordinator, "hand", "[]");
    coordinator.definePipeline("p", "r", "main", "steps: [{command: x}]");
    String trigger =
        "steps: [{trigger: p, build: {branch: main, commit: e711, env:"
            + " {BUILDKITE_TRIGGERED_FROM_BUILD_ID: ''}}}]";
    String _ =
        coordinator.create(
            new BuildRequest("p", "r", "e711", "evil", "", Map.of()), Pipeline.parse("p", trigger));
    Map<String, String> env = environment(agent);

    assertThat(env).containsEntry("BUILDKITE_COMMIT", "e711").containsEntry("BUILDKITE_TAG", "");
    assertThat(access(env).writes()).isEmpty();
    assertThat(access(env).reads()).extracting(Access.Read::branch).containsExactly("main");
    RestClient client =
        RestClient.of(
            URI.create(coordinator.address() + "/v2"), "bakehouse", coordinator.apiToken());
    assertThat(client.rebuild("p", 2).source()).isEqualTo("trigger_job");
  }

  @Test
  void noStepCanTakeTheTagOrTheTriggerAway() throws Exception {
    HandClient agent = HandClient.connected(coordinator, "hand", "[]");
    String steps =
        "steps: [{command: x, env: {BUILDKITE_TAG: '', BUILDKITE_TRIGGERED_FROM_BUILD_ID: ''}}]";
    coordinator.definePipeline("p", "r", "main", steps);
    Map<String, String> given =
        Map.of("BUILDKITE_TAG", "main", "BUILDKITE_TRIGGERED_FROM_BUILD_ID", "b");
    String _ =
        coordinator.create(
            new BuildRequest("p", "r", "HEAD", "main", "", given), Pipeline.parse("p", steps));

    assertThat(environment(agent)).containsAllEntriesOf(given);
  }

  @Test
  void aStepWithoutAKeyCanNotChooseOne() throws Exception {
    HandClient agent = HandClient.connected(coordinator, "hand", "[]");
    build("{command: x, env: {BUILDKITE_STEP_KEY: linux-build-cpp}}");
    assertThat(environment(agent)).containsEntry("BUILDKITE_STEP_KEY", "");
  }

  private static Map<String, String> environment(HandClient agent) throws Exception {
    Map<String, String> env = new HashMap<>();
    agent
        .take()
        .path("env")
        .properties()
        .forEach(e -> env.put(e.getKey(), e.getValue().asString()));
    return env;
  }

  private static Access access(Map<String, String> env) {
    return Access.of(JobIdentity.of(env), "linux-x64-release");
  }
}
