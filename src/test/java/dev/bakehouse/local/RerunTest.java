package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.local.JobFixture.Result;
import dev.bakehouse.local.JobFixture.Step;
import dev.bakehouse.local.JobFixture.Where;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Self;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Jobs of an agent once more, by hand, in VMs of the host.
@Tag("vm")
@Tag("agent")
@ExtendWith(JobFixture.Extension.class)
class RerunTest {
  private static final String COMMAND =
      "echo \"it is $PLAIN, step $BUILDKITE_STEP_KEY, secret ${SOME_TOKEN-none}\"; cat file.txt;"
          + " git rev-parse HEAD; echo left > left.txt; exit 7";

  private static final Map<String, String> ENV =
      Map.of("PLAIN", "it's\n\"here\"", "SOME_TOKEN", "hunter2hunter2");

  private static Command rerun(JobFixture fixture, String... arguments) {
    return Command.of(Self.argv("job", "rerun", "--config", fixture.hostConfig().toString()))
        .and(arguments)
        .deadline(Duration.ofMinutes(6));
  }

  private static Result first(JobFixture fixture) {
    return fixture
        .once("rerun", () -> fixture.run(List.of(new Step("again", COMMAND, ENV, Where.VM))))
        .get("again");
  }

  @Test
  void aJobRunsAgainAsItDid(JobFixture fixture) {
    Result first = first(fixture);
    int builds = fixture.coordinator().builds("test").size();

    Outcome outcome = rerun(fixture, first.job().id()).run();

    String log = outcome.text();
    assertThat(outcome.status()).as(log + outcome.complaint()).isEqualTo(7);
    assertThat(first.status()).isEqualTo("7");
    assertThat(log)
        .contains("it is it's", "\"here\", step again, secret none", "content")
        .contains("secrets (--env gives them): SOME_TOKEN")
        .doesNotContain("hunter2");
    String commit =
        first.log().lines().filter(l -> l.matches("[0-9a-f]{40}\\s*")).findFirst().orElseThrow();
    assertThat(log).contains(commit.strip());
    assertThat(fixture.coordinator().builds("test")).as("nothing is told").hasSize(builds);
  }

  @Test
  void aShellStaysInItsVm(JobFixture fixture, @TempDir Path dir) throws Exception {
    Path log = dir.resolve("log");
    Process shell =
        rerun(fixture, first(fixture).job().id(), "--shell", "--env", "SOME_TOKEN")
            .env("SOME_TOKEN", "given")
            .input(
                "cat left.txt; echo \"in $BUILDKITE_STEP_KEY $SOME_TOKEN $((40 + 2))\"; exit 5\n"
                    .getBytes(StandardCharsets.UTF_8))
            .startInto(log);
    try {
      assertThat(shell.waitFor(6, TimeUnit.MINUTES)).as(Files.readString(log)).isTrue();
    } finally {
      Processes.killTree(shell.toHandle());
    }
    assertThat(shell.exitValue()).as(Files.readString(log)).isEqualTo(7);
    assertThat(Files.readString(log)).contains("left", "in again given 42", "ended with 7");
  }
}
