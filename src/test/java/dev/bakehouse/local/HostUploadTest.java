package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.local.JobFixture.Result;
import dev.bakehouse.local.JobFixture.Step;
import dev.bakehouse.local.JobFixture.Where;
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

  /// What prepares a target in the affinity modes host and group, which this repository has not.
  @Test
  void severalHostCommandsRunInTheirOrder(JobFixture fixture) {
    String both = "bakehouse image ensure\n" + UPLOAD + " --target linux-x64 --pin";
    Result result = fixture.run(List.of(Step.vm("both", both))).get("both");
    assertThat(result.status()).isEqualTo("1");
    assertThat(result.log())
        .containsSubsequence(
            "on this host: bakehouse image ensure",
            " is here (",
            "on this host: " + UPLOAD + " --target linux-x64 --pin",
            "`pipeline.affinity` is neither host nor group");
  }

  /// Not set, as the repository is none of GitHub's: that fails nothing.
  @Test
  void aTargetsStatusIsSetByTheHost(JobFixture fixture) {
    String command = "bakehouse pipeline status --target linux-x64";
    Map<String, String> env = Map.of("BAKEHOUSE_STATUS_STEPS", "linux-x64-build-cpp");
    Step step = new Step("status", command, env, Where.VM);
    Result result = fixture.run(List.of(step)).get("status");
    assertThat(result.status()).isEqualTo("0");
    assertThat(result.log())
        .contains(
            "on this host: " + command,
            "warning: commit status bakehouse/linux-x64 was not set:",
            "is not on the server of https://api.github.com");
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
