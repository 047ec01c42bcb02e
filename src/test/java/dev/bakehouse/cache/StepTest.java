package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StepTest {
  @ParameterizedTest
  @CsvSource({
    "s, 1, 3, s#1/3",
    "s, 0, 1, s",
    "'', 0, 2, #0/2",
    "'', '', '', ''",
    "s, 3, 3, s",
    "s, x, 3, s",
    "s, 1, '', s"
  })
  void aPlaceAmongParallelJobsIsToldByTheirVariables(
      String key, String job, String jobs, String text) {
    Step step =
        Step.of(
            Map.of(
                "BUILDKITE_STEP_KEY",
                key,
                "BUILDKITE_PARALLEL_JOB",
                job,
                "BUILDKITE_PARALLEL_JOB_COUNT",
                jobs));
    assertThat(step.text()).isEqualTo(text);
    assertThat(Step.parse(text)).isEqualTo(step);
    assertThat(Step.of(step.variables())).isEqualTo(step);
  }

  @ParameterizedTest
  @CsvSource({"s#3/3", "s#01/3", "s#1/", "a#b"})
  void whatOnlyLooksLikeANumberedPlaceIsNone(String text) {
    assertThat(Step.parse(text).jobs()).isEqualTo(1);
    assertThat(Step.parse(text).text()).doesNotMatch(".*#[0-9]+/[0-9]+");
  }

  @ParameterizedTest
  @CsvSource({
    "s, a-b, s#a-b",
    "s, ' a ', s#a",
    "s, '', s",
    "s, 1/3, s#1-3",
    "s, a#1/3, s#a#1-3",
    "'', a, #a"
  })
  void aPartIsToldByItsVariable(String key, String part, String text) {
    Step step = Step.of(Map.of("BUILDKITE_STEP_KEY", key, "CACHE_PART", part));
    assertThat(step.text()).isEqualTo(text);
    assertThat(Step.parse(text)).isEqualTo(step);
    assertThat(Step.of(step.variables())).isEqualTo(step);
  }

  @Test
  void aPartIsOneShortLineWhateverAJobSays() {
    String text = part("a\nb\u001b[2J").text();
    assertThat(text).isEqualTo("s#a-b-[2J");
    String long1 = part("x".repeat(100_000)).text();
    String long2 = part("x".repeat(100_000) + "y").text();
    assertThat(long1).hasSizeLessThan(120).isNotEqualTo(long2);
    assertThat(Step.parse(long1)).isEqualTo(part("x".repeat(100_000)));
  }

  private static Step part(String part) {
    return Step.of(Map.of("BUILDKITE_STEP_KEY", "s", "CACHE_PART", part));
  }

  @ParameterizedTest
  @CsvSource({
    // The same place, in whatever order they were saved.
    "s#1/3, s#2/3 s#1/3 s#0/3, s#1/3",
    // One that is not there was not saved: another job's is not what this one needs.
    "s#1/3, s#2/3 s#0/3, ",
    // Other numbers of jobs, counted round.
    "s#2/3, s#1/2 s#0/2, s#0/2",
    "s#1/2, s#0/3 s#1/3 s#2/3, s#1/3",
    "s, s#1/2 s#0/2, s#0/2",
    "s#1/2, s, s",
    // Another step's, only where there is none of the same.
    "s#1/2, t s#0/1, s#0/1",
    "s#1/2, t#0/2 t#1/2 u, t#1/2",
    "s, t u, t",
    // The part of the same name, else that which was saved last.
    "s#a, s#b s#a, s#a",
    "s#c, s#b s#a, s#b",
    "s#a, s, s",
    "s, s#b s#a, s#b",
    "s#a, s#1/2 s#0/2, s#0/2",
    "s#a, t#b t#a u, t#a",
  })
  void theNearestPlaceServes(String wanted, String saved, String served) {
    List<Entry> entries = Arrays.stream(saved.split(" ")).map(StepTest::entry).toList();
    assertThat(Step.parse(wanted).among(entries))
        .isEqualTo(java.util.Optional.ofNullable(served).map(StepTest::entry));
  }

  @Test
  void whereNothingWasSavedNothingServes() {
    assertThat(Step.parse("s").among(List.of())).isEmpty();
  }

  private static Entry entry(String step) {
    Scope scope = Scope.parse("p/main", "linux-x64-release");
    return new Entry(
        new Entry.Address(scope, "b", step, Kind.BUN), "s", 1, 1, 1, Instant.EPOCH, Instant.EPOCH);
  }
}
