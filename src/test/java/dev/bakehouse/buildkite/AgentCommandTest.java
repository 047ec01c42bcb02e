package dev.bakehouse.buildkite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Directories;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentCommandTest {
  @TempDir Path dir;

  /// Whoever writes a pipeline chooses these: the host's agent would send with the host's rights.
  @Test
  void aJobSaysWhoseItIsAndNotWhereToSend() {
    byte[] program = "#!/bin/sh\nenv\n".getBytes(StandardCharsets.US_ASCII);
    Directories.writeProgram(dir.resolve("buildkite-agent"), program);
    Map<String, String> job = new HashMap<>();
    job.put("BUILDKITE_BIN_PATH", dir.toString());
    job.put("BUILDKITE_JOB_ID", "a-job");
    for (String name :
        new String[] {
          "BUILDKITE_ARTIFACT_UPLOAD_DESTINATION",
          "BUILDKITE_S3_ENDPOINT",
          "BUILDKITE_GS_APPLICATION_CREDENTIALS",
          "HTTPS_PROXY"
        }) {
      job.put(name, "of the job");
    }

    String env = AgentCommand.of(job, "artifact", "upload", "x").run().text();

    assertThat(env).contains("BUILDKITE_JOB_ID=a-job").doesNotContain("of the job");
  }
}
