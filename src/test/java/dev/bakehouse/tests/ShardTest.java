package dev.bakehouse.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How `bakehouse-shard` divides tests, run by perl as in a guest.
class ShardTest {
  @TempDir private Path dir;

  private Command tool(Map<String, Integer> times, int shard, int shards) throws IOException {
    Path file = dir.resolve("times");
    Files.writeString(file, new TestTimes(times).text());
    return Command.of("perl", "-e", ShardTool.source())
        .env("BUILDKITE_PARALLEL_JOB", "" + shard)
        .env("BUILDKITE_PARALLEL_JOB_COUNT", "" + shards)
        .env(ShardTool.TIMES, file.toString());
  }

  private List<String> shard(List<String> tests, Map<String, Integer> times, int shard, int shards)
      throws IOException {
    byte[] input = (String.join("\n", tests) + "\n").getBytes(StandardCharsets.UTF_8);
    return tool(times, shard, shards).input(input).check().text().lines().toList();
  }

  /// Every test is in exactly one shard, whatever the order in which each sees them, and no shard
  /// has more than another by more than one test takes.
  @Test
  void eachTestIsInOneShardAndNoShardHasMuchMore() throws IOException {
    Random random = new Random(8);
    for (int round = 0; round < 25; round++) {
      int shards = 2 + random.nextInt(6);
      List<String> tests = new ArrayList<>();
      Map<String, Integer> times = new HashMap<>();
      for (int i = random.nextInt(60); i >= 0; i--) {
        String test = "test/" + random.nextInt(5) + "/é " + i + ".test.ts";
        tests.add(test);
        times.put(test, 1 + (int) Math.exp(random.nextDouble() * 12));
      }
      List<String> all = new ArrayList<>();
      List<Long> loads = new ArrayList<>();
      for (int shard = 0; shard < shards; shard++) {
        Collections.shuffle(tests, random);
        List<String> own = shard(tests, times, shard, shards);
        assertThat(own).isSubsetOf(tests);
        assertThat(own).isSortedAccordingTo((a, b) -> tests.indexOf(a) - tests.indexOf(b));
        all.addAll(own);
        loads.add(own.stream().mapToLong(times::get).sum());
      }
      assertThat(all).containsExactlyInAnyOrderElementsOf(tests);
      assertThat(Collections.max(loads) - Collections.min(loads))
          .isLessThanOrEqualTo(Collections.max(times.values()));
    }
  }

  @Test
  void withoutTimesTheyTakeTurnsByName() throws IOException {
    List<String> tests = List.of("d", "a", "e", "c", "b", "a");
    assertThat(shard(tests, Map.of(), 0, 2)).containsExactly("a", "e", "c");
    assertThat(shard(tests, Map.of(), 1, 2)).containsExactly("d", "b");
  }

  /// 9 and 1, 1 and what is not known, the median of 1, 1 and 9.
  @Test
  void anUnknownTestCountsAsTheMedian() throws IOException {
    Map<String, Integer> times = Map.of("long", 9, "x", 1, "y", 1);
    assertThat(shard(List.of("new", "x", "y", "long"), times, 0, 2)).containsExactly("long");
    assertThat(shard(List.of("new", "x", "y", "long"), times, 1, 2))
        .containsExactly("new", "x", "y");
    Map<String, Integer> longer = Map.of("long", 9, "x", 4, "y", 5);
    assertThat(shard(List.of("new", "x", "y", "long"), longer, 0, 2)).containsExactly("x", "long");
  }

  /// A result may name a class where the list names a file, or parts of what the list names.
  @Test
  void filesAndClassesAreFound() throws IOException {
    Map<String, Integer> times =
        Map.of(
            "a.LongTest", 80,
            "a.LongTest$Inner", 20,
            "tests.test_x.TestY", 60,
            "tests.test_x.TestZ", 30,
            "test/js/c.test.ts", 95,
            "b.LongTest", 1);
    List<String> tests =
        List.of(
            "src/test/java/a/LongTest.java",
            "src/test/java/b/LongTest.java",
            "./tests/test_x.py",
            "test/js/c.test.ts");
    assertThat(shard(tests, times, 0, 3)).containsExactly("src/test/java/a/LongTest.java");
    assertThat(shard(tests, times, 1, 3)).containsExactly("test/js/c.test.ts");
    assertThat(shard(tests, times, 2, 3))
        .containsExactly("src/test/java/b/LongTest.java", "./tests/test_x.py");
  }

  @Test
  void outsideOfParallelJobsAllArePrinted() {
    Command tool =
        Command.of("perl", "-e", ShardTool.source())
            .env("BUILDKITE_PARALLEL_JOB_COUNT", null)
            .input("b\na\n\nb".getBytes(StandardCharsets.UTF_8));
    assertThat(tool.check().text()).isEqualTo("b\na");
  }

  /// Better nothing than what another job runs, too.
  @Test
  void itFailsRatherThanGuess() throws IOException {
    Outcome missing = tool(Map.of(), 0, 2).env(ShardTool.TIMES, "/nowhere").run();
    assertThat(missing.ok()).isFalse();
    assertThat(missing.complaint()).contains("/nowhere");
    Outcome beyond = tool(Map.of(), 2, 2).run();
    assertThat(beyond.ok()).isFalse();
    assertThat(beyond.complaint()).contains("BUILDKITE_PARALLEL_JOB is `2` of `2`");
  }
}
