package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.cache.PassedBuilds.Build;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A job's questions for builds, answered by the coordinator.
class RestBuildsTest {
  @TempDir Path dir;

  @Test
  void aPullRequestsBuildIsNotOneOfItsBranch() {
    try (Coordinator coordinator = Coordinator.start(Config.of(0, dir))) {
      URI address = URI.create(coordinator.address() + "/v2");
      RestClient client = RestClient.of(address, "bakehouse", coordinator.apiToken());
      client.definePipeline("p", "r", "main", "steps: [{command: x, key: k}]");
      BuildInfo ofBranch = client.create("p", "HEAD", "main", "", Map.of());
      Map<String, String> pull = Map.of("BUILDKITE_PULL_REQUEST", "66");
      BuildInfo ofPull = client.create("p", "HEAD", "main", "", pull);
      client.create("p", "HEAD", "other", "", Map.of());

      List<Build> builds = new RestBuilds(client, "p").recent("main", 10);

      assertThat(builds).extracting(Build::id).containsExactly(ofPull.id(), ofBranch.id());
      assertThat(builds)
          .extracting(Build::pull)
          .containsExactly(OptionalInt.of(66), OptionalInt.empty());
      client.create("p", "HEAD", "main", "", Map.of("BUILDKITE_TAG", "main"));
      assertThat(new RestBuilds(client, "p").recent("main", 10).getFirst().pull())
          .as("a tag's build is none of the branch with its name")
          .isPresent();
      assertThat(builds.getLast().jobs()).singleElement().extracting("step").isEqualTo("k");
    }
  }
}
