package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.pipeline.Pipeline;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class BuildReportTest {
  @TempDir Path dir;

  @Test
  void phasesComeFromWhatTheLauncherPublished() throws Exception {
    try (Coordinator coordinator = Coordinator.start(Config.of(0, dir))) {
      String id =
          coordinator.create(
              new BuildRequest("p", "r", "HEAD", "main", "", Map.of()),
              Pipeline.parse("p", "steps: [{key: a, command: x}, {command: y, depends_on: a}]"));
      HandClient client = HandClient.connected(coordinator, "agent-1", "[]");
      JsonNode job = client.begin();
      String value =
          "{\"vm\":\"vm-1\",\"host\":\"host-1\",\"phases\":{\"boot\":1.5},"
              + "\"overhead\":{\"restore\":0.5,\"save\":1,\"pack\":3,\"unpack\":2,\"packed\":9}}";
      client.call(
          "POST",
          HandClient.path(job) + "/data/set",
          HandClient.token(job),
          Json.text(Map.of("key", "bakehouse:job:" + job.path("id").asString(), "value", value)));
      client.finish(job, "3");
      JsonNode report = Json.MAPPER.readTree(BuildReport.of(coordinator.build(id)).json());
      assertThat(report.path("state").asString()).isEqualTo("failed");
      JsonNode first = report.path("steps").path(0);
      assertThat(first.path("key").asString()).isEqualTo("a");
      assertThat(first.path("exit").asInt()).isEqualTo(3);
      assertThat(first.path("vm").asString()).isEqualTo("vm-1");
      assertThat(first.path("host").asString()).isEqualTo("host-1");
      assertThat(first.path("phases").path("boot").asDouble()).isEqualTo(1.5);
      assertThat(first.path("overhead").path("unpack").asDouble()).isEqualTo(2);
      JsonNode second = report.path("steps").path(1);
      assertThat(second.path("state").asString()).isEqualTo("waiting_failed");
      assertThat(second.path("exit").isNull()).isTrue();
    }
  }
}
