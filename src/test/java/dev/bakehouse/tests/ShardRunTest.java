package dev.bakehouse.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.tests.TestRun.Failing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `bakehouse-shard run`: what fails is run again, and nothing else passes for it.
class ShardRunTest {
  /// Notes what it was called with; writes a result for each test but those that begin with `mute`;
  /// `bad` fails, `shaky` fails once, `die` ends it by a signal at first, `odd` has a result of
  /// another name that fails once.
  private static final String RUNNER =
      """
      #!/bin/sh
      echo "$*" >>calls
      bad=0
      { echo '<testsuite name="s">'
      for test; do
        case $test in
          mute*) continue ;;
          die*) [ -e "$test.seen" ] || { : >"$test.seen"; kill -9 $$; } ;;
        esac
        printf '<testcase name="case" classname="%s" time="0.1">' "$test"
        case $test in
          bad*) printf '<failure/>'; bad=1 ;;
          shaky*) [ -e "$test.seen" ] || { printf '<failure/>'; bad=1; : >"$test.seen"; } ;;
        esac
        echo '</testcase>'
        case $test in
          odd*) [ -e "$test.seen" ] || {
            echo '<testcase name="case" classname="elsewhere"><failure/></testcase>'; bad=1; : >"$test.seen"; } ;;
        esac
      done
      echo '</testsuite>'; } >results.xml
      [ ! -e fails ] || { bad=3; rm fails; }
      exit $bad
      """;

  @TempDir private Path dir;

  private Outcome run(int retries, String quarantine, String... tests) throws IOException {
    Files.writeString(dir.resolve("runner"), RUNNER);
    return Command.of("perl", "-e", ShardTool.source(), "run", "sh", "runner")
        .in(dir)
        .env("BUILDKITE_PARALLEL_JOB_COUNT", null)
        .env("BUILDKITE_BUILD_CHECKOUT_PATH", null)
        .env(ShardTool.RESULTS, "results.xml")
        .env(ShardTool.RETRIES, "" + retries)
        .env(ShardTool.QUARANTINE, quarantine)
        .env(ShardTool.NOTES, dir.resolve("notes").toString())
        .input(String.join("\n", tests).getBytes(StandardCharsets.UTF_8))
        .run();
  }

  private List<String> calls() throws IOException {
    return Files.readAllLines(dir.resolve("calls"));
  }

  private TestNotes notes() throws IOException {
    return TestNotes.parse(Files.readString(dir.resolve("notes")));
  }

  @Test
  void whatPassesThenIsFlaky() throws IOException {
    Outcome outcome = run(2, "", "a", "shaky", "b");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.text()).contains("1 of 3 tests failed; they run again (1 of 2)");
    assertThat(calls()).containsExactly("a shaky b", "shaky");
    assertThat(notes().flaky()).containsExactly(new Failing("shaky", "case", 1));
    assertThat(notes().failed()).isEmpty();
    assertThat(notes().times()).containsOnlyKeys("a", "b", "shaky").containsEntry("a", 100);
  }

  @Test
  void whatAlwaysFailsFails() throws IOException {
    assertThat(run(2, "", "a", "bad", "shaky").status()).isEqualTo(1);
    assertThat(calls()).containsExactly("a bad shaky", "bad shaky", "bad");
    assertThat(notes().failed()).containsExactly(new Failing("bad", "case", 3));
    assertThat(notes().flaky()).containsExactly(new Failing("shaky", "case", 1));
  }

  @Test
  void withoutRetriesNothingRunsAgain() throws IOException {
    assertThat(run(0, "", "shaky").status()).isEqualTo(1);
    assertThat(calls()).containsExactly("shaky");
    assertThat(notes().failed()).containsExactly(new Failing("shaky", "case", 1));
  }

  /// What has no result may not have run; where nothing tells what failed, all runs again; and when
  /// the runner was killed, too, whatever it had written.
  @Test
  void whatIsNotKnownToHavePassedRunsAgain() throws IOException {
    assertThat(run(1, "", "a", "mute", "shaky").status()).isZero();
    assertThat(calls()).containsExactly("a mute shaky", "mute shaky");
    Files.delete(dir.resolve("calls"));
    Files.createFile(dir.resolve("fails"));
    assertThat(run(1, "", "a", "b").status()).isZero();
    assertThat(calls()).containsExactly("a b", "a b");
    Files.delete(dir.resolve("calls"));
    assertThat(run(1, "", "a", "die", "b").status()).isZero();
    assertThat(calls()).containsExactly("a die b", "a die b");
    Files.delete(dir.resolve("calls"));
    assertThat(run(1, "", "a", "odd", "mute").status()).isZero();
    assertThat(calls()).containsExactly("a odd mute", "a odd mute");
  }

  /// Old results, as on a laptop, are none of this run.
  @Test
  void oldResultsDoNotCount() throws IOException {
    Files.writeString(
        dir.resolve("results.xml"), "<testsuite><testcase name='n' classname='mute'/></testsuite>");
    Files.writeString(dir.resolve("quiet"), "echo \"$*\" >>calls; exit 1\n");
    Outcome outcome =
        Command.of("perl", "-e", ShardTool.source(), "run", "sh", "quiet")
            .in(dir)
            .env("BUILDKITE_PARALLEL_JOB_COUNT", null)
            .env("BUILDKITE_BUILD_CHECKOUT_PATH", null)
            .env(ShardTool.RESULTS, "results.xml")
            .env(ShardTool.RETRIES, "1")
            .input("mute\nother".getBytes(StandardCharsets.UTF_8))
            .run();
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(calls()).containsExactly("mute other", "mute other");
  }

  @Test
  void manyFailuresAreNoFlakiness() throws IOException {
    String[] tests = IntStream.range(0, 20).mapToObj(i -> "shaky" + i).toArray(String[]::new);
    Outcome outcome = run(3, "", tests);
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.text()).contains("20 of 20 tests failed; so many are not run again");
    assertThat(calls()).hasSize(1);
  }

  @Test
  void aQuarantineHoldsOnlyWhatItNames() throws IOException {
    assertThat(run(1, "bad1\nbad2 c*", "a", "bad1", "bad2").status()).isZero();
    assertThat(notes().quarantined())
        .containsExactly(new Failing("bad1", "case", 2), new Failing("bad2", "case", 2));
    assertThat(notes().failed()).isEmpty();
    Files.delete(dir.resolve("notes"));
    assertThat(run(1, "bad1", "bad1", "bad2").status()).isEqualTo(1);
    assertThat(notes().failed()).hasSize(2);
    assertThat(run(1, "bad1", "bad1", "mute").status()).isEqualTo(1);
  }

  @Test
  void aShardWithoutTestsDoesNotCallTheRunner() throws IOException {
    Outcome outcome = run(1, "");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.text()).contains("no test is this job's");
    assertThat(dir.resolve("calls")).doesNotExist();
  }
}
