package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.local.JobFixture.Result;
import dev.bakehouse.local.JobFixture.Step;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// `bakehouse pipeline upload` as a job's command that the host itself carries out.
@Tag("vm")
@Tag("agent")
@ExtendWith(JobFixture.Extension.class)
class HostUploadTest {
  private static final String UPLOAD = "bakehouse pipeline upload";

  @Test
  void addsTheStepsOfTheCommit(JobFixture fixture) {
    Map<String, Result> results = fixture.run(List.of(Step.vm("upload", UPLOAD)));
    assertThat(results.get("upload").status()).isEqualTo("0");
    assertThat(results.get("linux-x64-build-cpp").status()).isEqualTo("0");
  }

  /// A fork's build waits for somebody's approval, which nobody gives here.
  @Test
  void aForksStepsWaitForApproval(JobFixture fixture) {
    Map<String, String> fork =
        Map.of(
            "BUILDKITE_PULL_REQUEST", "7",
            "BUILDKITE_PULL_REQUEST_REPO", "https://example.org/fork.git");
    Map<String, Result> results = fixture.run("main", fork, List.of(Step.vm("upload", UPLOAD)));
    assertThat(results.get("upload").status()).isEqualTo("0");
    assertThat(results.get("linux-x64-build-cpp").job().started()).isNull();
  }
}
