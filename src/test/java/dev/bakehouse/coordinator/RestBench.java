package dev.bakehouse.coordinator;

import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.JobInfo;
import dev.bakehouse.buildkite.RestClient;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// A coordinator, the REST client of it, and agents by hand.
abstract class RestBench {
  static final String ORG = "/v2/organizations/bakehouse";
  static final String TWO =
      "steps: [{key: a, command: x, agents: {queue: q}}, {key: b, command: y, depends_on: a}]";

  @TempDir Path dir;
  Coordinator coordinator;
  RestClient client;
  HandClient raw;
  String token = "";

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

  RestClient client(Path file) {
    return RestClient.of(URI.create(coordinator.address() + "/v2"), "bakehouse", file);
  }

  HandClient agent(String name) throws Exception {
    return HandClient.connected(coordinator, name, "[\"queue=q\",\"queue=default\"]");
  }

  HandClient.Answer get(String path) throws Exception {
    return raw.call("GET", path, token, "".getBytes(), "X-A", "b");
  }

  static HandClient.Answer answer(HandClient hand, String path, String token) throws Exception {
    return hand.call("GET", path, token, "".getBytes(), "X-A", "b");
  }

  BuildInfo create(String branch, String commit) {
    return client.create("p", commit, branch, "", Map.of("A", "b"));
  }

  JobInfo job(BuildInfo build, String key) {
    return client.build("p", build.number()).jobs().stream()
        .filter(j -> key.equals(j.stepKey()))
        .findFirst()
        .orElseThrow();
  }
}
