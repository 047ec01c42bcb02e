package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.CacheRun.Moved;
import dev.bakehouse.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A store's history of hit rates, and the causes found in it.
class CacheHistoryTest {
  private static final Scope MAIN = Scope.parse("bun/main", "linux-x64-release");
  private static final Moved GB = new Moved(1000, 1_000_000_000, 1);

  @TempDir Path dir;

  @Test
  void theNewestRunsOfOneStepComeFirst() throws IOException {
    CacheHistory history = new CacheHistory(new DirectoryStore(dir));
    for (int number = 1; number <= 5; number++) {
      history.add(run(number, 90));
    }
    Draft other = new Draft();
    other.step = "other";
    history.add(other.run(9, 10));
    try (Stream<Path> all = Files.walk(dir.resolve("history"))) {
      Path file =
          all.filter(p -> p.toString().endsWith(".json")).sorted().findFirst().orElseThrow();
      Files.writeString(file.resolveSibling("20990101T000000000Z-0000dead.json"), "{\"build\":1}");
      Files.writeString(file.resolveSibling("20990101T000000000Z-00000000.json"), "null");
    }

    assertThat(history.last(MAIN, "ccache", "cpp", 4))
        .extracting(CacheRun::number)
        .containsExactly(5, 4);
    assertThat(history.last(MAIN, "ccache", "none", 3)).isEmpty();
    assertThat(history.last(MAIN, "ccache", "cpp", 9)).contains(run(1, 90));
    assertThat(history.all(3)).hasSize(2);

    assertThat(history.sweep(Instant.now().plusSeconds(60)).gone()).isEqualTo(8);
    assertThat(history.all(3)).isEmpty();
  }

  @Test
  void aChartHasALineARunAndTheCauseOfADrop() {
    CacheRun drop = run(2, 40).with("the compiler changed");

    String plain = HistoryChart.of(List.of(drop, run(1, 95)), true);
    assertThat(plain)
        .isEqualTo(
            """
            ccache of cpp in bun/main (linux-x64-release)
              1970-01-01 00:01 #1           ###################.  95 %    95/100  build 0
              1970-01-01 00:02 #2           ########............  40 %    40/100  build 1
              ! the compiler changed
            """);
    assertThat(plain).matches("\\p{ASCII}*");
    assertThat(HistoryChart.of(List.of(run(1, 50)), false)).contains("██████████░░░░░░░░░░  50 %");
    Draft hostile = new Draft();
    hostile.step = "\u001b[31mred";
    assertThat(HistoryChart.of(List.of(hostile.run(1, 50)), false)).doesNotContain("\u001b");
  }

  @Test
  void theFirstDifferenceThatExplainsADropIsNamed() {
    assertThat(cause(d -> d.strategy = "write-only"))
        .startsWith("hits fell from 95 % to 40 %: the strategy was write-only")
        .contains("Unset CACHE_STRATEGY");
    assertThat(cause(d -> d.miss(Reason.NONE_FOUND, "no cache found in feature, main")))
        .contains("nothing was restored: no cache found in feature, main");
    assertThat(cause(d -> d.tools = Map.of("/usr/bin/cc", "100@9")))
        .contains("the compiler changed: /usr/bin/cc has another time");
    assertThat(cause(d -> d.tools = Map.of("/usr/bin/cc", "101@9")))
        .contains("/usr/bin/cc has another size");
    assertThat(cause(d -> d.checkout = "/elsewhere"))
        .contains("the sources lay in /elsewhere, not in /src");
    assertThat(cause(d -> d.restored = new Moved(10, 100, 1))).contains("the cache had shrunk");
    assertThat(cause(d -> d.restored = Moved.NOTHING))
        .as("it lay on the host's volume")
        .contains("more sources changed than usual");
    assertThat(cause(d -> d.cleanups = 3)).contains("CCACHE_MAXSIZE");
    assertThat(cause(d -> {})).contains("more sources changed than usual");
  }

  @Test
  void noDropNoCause() {
    List<CacheRun> before = List.of(run(3, 95), run(2, 90), run(1, 97));
    assertThat(HitDrop.cause(run(4, 88), before)).isEmpty();
    assertThat(HitDrop.cause(run(4, 100), before)).isEmpty();
    assertThat(HitDrop.cause(run(4, 0), List.of())).as("nothing to compare with").isEmpty();
    Draft cold = new Draft();
    cold.miss(Reason.NONE_FOUND, "none");
    assertThat(HitDrop.cause(run(4, 0), List.of(cold.run(3, 95)))).as("only warm runs").isEmpty();
    CacheRun idle = run(4, 0);
    CacheRun nothing = new Draft().counted(idle, 0, 0);
    assertThat(HitDrop.cause(nothing, before)).as("nothing was compiled").isEmpty();
  }

  private interface Change {
    void to(Draft draft);
  }

  private static String cause(Change change) {
    List<CacheRun> before = new ArrayList<>(List.of(run(3, 95), run(2, 94), run(1, 96)));
    Draft now = new Draft();
    change.to(now);
    if (now.strategy.equals("write-only")) {
      now.miss(Reason.DISABLED, "the strategy is write-only");
    }
    return HitDrop.cause(now.run(4, 40), before).orElseThrow();
  }

  private static CacheRun run(int number, int percent) {
    return new Draft().run(number, percent);
  }

  private static final class Draft {
    private String step = "cpp";
    private String strategy = "read-write";
    private String reason = "";
    private String from = "";
    private Map<String, String> tools = Map.of("/usr/bin/cc", "100@5");
    private String checkout = "/src";
    private Moved restored = GB;
    private long cleanups = 1;

    void miss(Reason why, String words) {
      reason = why.name();
      from = words;
      restored = Moved.NOTHING;
    }

    CacheRun counted(CacheRun like, long hits, long misses) {
      return run(like.number(), hits, misses);
    }

    CacheRun run(int number, int percent) {
      return run(number, percent, 100 - percent);
    }

    private CacheRun run(int number, long hits, long misses) {
      return new CacheRun(
          Instant.EPOCH.plusSeconds(60L * number),
          MAIN.pipeline(),
          "main",
          MAIN.platform(),
          "b" + number,
          number,
          step,
          "ccache",
          strategy,
          reason.isEmpty() ? "b" + (number - 1) : "",
          from.isEmpty() ? "build " + (number - 1) : from,
          reason,
          hits,
          misses,
          restored,
          GB,
          tools,
          checkout,
          cleanups,
          "");
    }
  }
}
