package dev.bakehouse.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.tests.FlakyTest.Seen;
import dev.bakehouse.tests.TestRun.Failing;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FlakyTestTest {
  private static final List<Failing> NONE = List.of();

  private static List<Failing> f(String test) {
    return List.of(new Failing(test, "case", 1));
  }

  private static Seen seen(
      int build, String commit, int shard, List<Failing> failed, List<Failing> flaky) {
    Map<String, Integer> times = Map.of("a", 1, "b", 1);
    return new Seen(
        build,
        commit.equals("HEAD") ? commit : commit.repeat(40),
        new TestRun("s", shard, 2, failed.isEmpty(), times, failed, flaky, NONE));
  }

  @Test
  void flakyIsWhatFailedAndPassedWithNothingChanged() {
    List<Seen> history =
        List.of(
            seen(5, "c", 0, NONE, f("a")),
            seen(2, "a", 1, f("b"), NONE),
            seen(3, "a", 0, NONE, NONE),
            seen(4, "b", 0, f("a"), NONE));
    assertThat(FlakyTest.of(history))
        .containsExactly(
            new FlakyTest("s", "a", "case", 0, 2, 4, 4, 5, false),
            new FlakyTest("s", "b", "case", 1, 1, 4, 2, 2, false));
  }

  /// It may be mended, or broken.
  @Test
  void whatChangedBetweenIsNotFlaky() {
    assertThat(
            FlakyTest.of(
                List.of(
                    seen(1, "a", 0, NONE, NONE),
                    seen(2, "b", 0, f("a"), NONE),
                    seen(3, "b", 0, f("a"), NONE),
                    seen(4, "c", 0, NONE, NONE))))
        .isEmpty();
    assertThat(
            FlakyTest.of(List.of(seen(1, "HEAD", 0, NONE, NONE), seen(2, "HEAD", 0, f("a"), NONE))))
        .isEmpty();
    // Shards of one build may have parts of one file, attempts of one shard are the same tests.
    Seen bad = seen(1, "a", 0, f("a"), NONE);
    assertThat(FlakyTest.of(List.of(bad, seen(1, "a", 1, NONE, NONE)))).isEmpty();
    assertThat(FlakyTest.of(List.of(bad, seen(1, "a", 0, NONE, NONE)))).hasSize(1);
  }

  @Test
  void textIsOfBoundedSizeAndNothingButText() {
    FlakyTest test = new FlakyTest("st`ep", "a|b\n\u202e", "<i>".repeat(100), 1, 2, 9, 3, 4, true);
    String text = FlakyText.markdown(java.util.Collections.nCopies(1000, test));
    assertThat(text).contains("| `a b", "… and 900 more").doesNotContain("\u202e", "st`ep");
    assertThat(text.length()).isLessThan(40_000);
    assertThat(FlakyText.plain(List.of(test)))
        .startsWith("   2 of    9 runs, builds 3 to 4, shard 1 of st`ep, quarantined: a|b");
  }

  @Test
  void runsAreReadAsTheyWereWritten() {
    TestRun run = new TestRun("s", 1, 3, true, Map.of("é", 7), f("a"), f("b"), f("c"));
    assertThat(TestRun.read(run.json())).isEqualTo(run);
    byte[] odd =
        "{\"times\":{\"a\":-1,\"b\":null,\"c\":2},\"failed\":[null,{\"times\":-5}]}"
            .getBytes(StandardCharsets.UTF_8);
    TestRun read = TestRun.read(odd);
    assertThat(read.times()).isEqualTo(Map.of("c", 2));
    assertThat(read.failed()).containsExactly(new Failing("", "", 1));
    for (String wrong : List.of("", "null", "[1]", "{\"times\":{\"a\":1e99}}", "{\"shard\":{}}")) {
      assertThatThrownBy(() -> TestRun.read(wrong.getBytes(StandardCharsets.UTF_8)))
          .isInstanceOf(UserError.class);
    }
    assertThat(TestRun.isPath(TestRun.path("01234567-89ab-cdef-0123-456789abcdef"))).isTrue();
    assertThat(TestRun.isPath("bakehouse-tests/../../../etc/x.json")).isFalse();
  }

  /// All jobs get the same bytes; of too many times, the shortest are left out.
  @Test
  void timesFitIntoMetaData() {
    TestTimes few = new TestTimes(Map.of("é", 1, "b", 2));
    assertThat(TestTimes.unpack(few.packed())).contains(few);
    assertThat(TestTimes.unpack(TestTimes.NONE.packed())).contains(TestTimes.NONE);
    Map<String, Integer> many = new HashMap<>();
    for (int i = 0; i < 40_000; i++) {
      many.put("test/" + (i * 7_919_777L % 1_000_003) + ".ts", i);
    }
    String packed = new TestTimes(many).packed();
    assertThat(packed.length()).isLessThan(100_000);
    TestTimes some = TestTimes.unpack(packed).orElseThrow();
    assertThat(some.millis()).hasSizeGreaterThan(2_000).containsValue(39_999);
    assertThat(some.millis().values()).allMatch(ms -> ms >= 40_000 - some.millis().size());
    for (String wrong : List.of("", "none", "1:", "1:!", "1:AAAA", "2:" + packed)) {
      assertThat(TestTimes.unpack(wrong)).isEqualTo(Optional.empty());
    }
  }
}
