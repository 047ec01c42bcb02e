package dev.bakehouse.performance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.bakehouse.performance.Comparison.Row;
import dev.bakehouse.performance.Comparison.Verdict;
import dev.bakehouse.platform.UserError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComparisonTest {
  private static Benchmark lower(String name, double... samples) {
    return new Benchmark(name, "ms", false, DoubleStream.of(samples).boxed().toList());
  }

  private static List<Double> samples(String text) {
    return Stream.of(text.split(" ")).map(Double::valueOf).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "lower,  100,           110,           10,  SAME",
    "lower,  100,           111,           11,  REGRESSED",
    "lower,  100,           89,            -11, IMPROVED",
    "higher, 100,           89,            11,  REGRESSED",
    "higher, 100,           111,           -11, IMPROVED",
    "lower,  0,             0,             0,   SAME",
    "lower,  0,             1,             Infinity, REGRESSED",
    "higher, 0,             1,             -Infinity, IMPROVED",
    // By the median: one outlier changes nothing.
    "lower,  100 101 102,   100 101 900,   0,   SAME",
    // Ranges that have a value in common are noise, whatever the medians say.
    "lower,  90 100 130,    125 130 135,   30,  NOISE",
    "lower,  100 130,       20 60 100,     -47.83, NOISE",
    "lower,  90 100 124,    125 130 135,   30,  REGRESSED",
    "lower,  90 100 130,    130,           30,  NOISE",
    "lower,  90 100 129,    130,           30,  REGRESSED",
  })
  void aBenchmarksVerdict(String better, String base, String now, double worse, Verdict verdict) {
    boolean higher = better.equals("higher");
    Row row =
        Comparison.of(
                List.of(new Benchmark("a", "", higher, samples(base))),
                List.of(new Benchmark("a", "", higher, samples(now))),
                Thresholds.DEFAULT)
            .rows()
            .getFirst();
    assertThat(row.verdict()).isEqualTo(verdict);
    if (Double.isInfinite(worse)) {
      assertThat(row.worse()).isEqualTo(worse);
    } else {
      assertThat(row.worse()).isCloseTo(worse, within(0.01));
    }
  }

  @Test
  void theWorstComesFirst() {
    Comparison comparison =
        Comparison.of(
            List.of(lower("a", 10), lower("b", 10), lower("c", 10), lower("gone", 1)),
            List.of(lower("a", 12), lower("b", 15), lower("c", 10), lower("new", 1)),
            Thresholds.DEFAULT);
    assertThat(comparison.rows())
        .extracting(Row::name)
        .containsExactly("b", "a", "c", "new", "gone");
    assertThat(comparison.regressed()).isTrue();
    assertThat(comparison.count(Verdict.REGRESSED)).isEqualTo(2);
  }

  @Test
  void aBenchmarkMayHaveAThresholdOfItsOwn() {
    Thresholds thresholds = new Thresholds(10, Map.of("a", 50, "b", 0));
    Comparison comparison =
        Comparison.of(
            List.of(lower("a", 10), lower("b", 10)),
            List.of(lower("a", 14), lower("b", 10.1)),
            thresholds);
    assertThat(comparison.rows())
        .extracting(Row::verdict)
        .containsExactly(Verdict.REGRESSED, Verdict.SAME);
  }

  @Test
  void shardsOfOneBenchmarkAreSamplesOfIt() {
    Row row =
        Comparison.of(
                List.of(lower("a", 10)),
                List.of(lower("a", 30), lower("a", 5, 9)),
                Thresholds.DEFAULT)
            .rows()
            .getFirst();
    assertThat(row.now().orElseThrow().samples()).containsExactly(5.0, 9.0, 30.0);
    assertThat(row.verdict()).isEqualTo(Verdict.SAME);
  }

  @Test
  void aNameThatStandsAHundredThousandTimesIsNoTrouble() {
    List<Benchmark> many = Collections.nCopies(100_000, lower("a", 1));
    Row row =
        assertTimeoutPreemptively(
            Duration.ofSeconds(20),
            () -> Comparison.of(List.of(), many, Thresholds.DEFAULT).rows().getFirst());
    assertThat(row.now().orElseThrow().samples()).hasSize(100_000);
  }

  @Test
  void whatCanNotBeComparedIsNot() {
    Benchmark seconds = new Benchmark("a", "s", false, List.of(1.0));
    assertThat(Comparison.of(List.of(lower("a", 1)), List.of(seconds), Thresholds.DEFAULT).rows())
        .extracting(Row::verdict)
        .containsExactly(Verdict.NEW);
    assertThatThrownBy(
            () -> Comparison.of(List.of(), List.of(lower("a", 1), seconds), Thresholds.DEFAULT))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("`a` stands twice");
  }

  @Test
  void aTableAndAChart() {
    Benchmark before = new Benchmark("requests", "1/s", true, List.of(48000.0));
    Benchmark now = new Benchmark("requests", "1/s", true, List.of(60000.0));
    Comparison comparison =
        Comparison.of(
            List.of(lower("parse", 12, 12.04, 12.5), before, lower("old", 1)),
            List.of(lower("parse", 18, 18.06, 18.12), now, lower("first", 0.125)),
            Thresholds.DEFAULT);
    assertThat(ComparisonText.markdown("title", comparison))
        .isEqualTo(
            """
            **Performance**: title

            | | benchmark | before | now | change | allowed |
            |---|---|---:|---:|---:|---:|
            | **worse** | `parse` | 12.04 `ms` (12 – 12.5, 3) | 18.06 `ms` (18 – 18.12, 3) | +50.0 % | 10 % |
            | better | `requests` | 48000 `1/s` | 60000 `1/s` | +25.0 % | 10 % |
            | new | `first` |  | 0.125 `ms` |  | 10 % |
            | gone | `old` | 1 `ms` |  |  | 10 % |

            ```
                                  better │ worse
            parse                        │████████████████████ +50.0 %
            requests           ██████████│ +25.0 %
            ```
            """);
  }

  /// Jobs choose names, and how many there are.
  @Test
  void namesStayTextAndTheRestIsBounded() {
    List<Benchmark> many = new ArrayList<>();
    for (int i = 0; i < 9999; i++) {
      many.add(lower("n" + i + " " + "x".repeat(190), 1));
    }
    many.add(lower("`|<b>\n```\u202e", 3));
    List<Benchmark> before = new ArrayList<>(many.subList(0, 9999));
    before.add(lower("`|<b>\n```\u202e", 1));
    String text = ComparisonText.markdown("t", Comparison.of(before, many, Thresholds.DEFAULT));
    assertThat(text).contains("| **worse** | `<b>` |").contains("… and 9900 more");
    assertThat(text).doesNotContain("\u202e").hasSizeLessThan(20_000);
    assertThat(text.split("```", -1)).hasSize(3);
    many.add(lower("one too many", 1));
    assertThatThrownBy(() -> Comparison.of(List.of(), many, Thresholds.DEFAULT))
        .hasMessageContaining("10001 benchmarks");
  }
}
