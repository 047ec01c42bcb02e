package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.CacheHistory;
import dev.bakehouse.cache.CacheRun;
import dev.bakehouse.cache.CacheRun.Moved;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `bakehouse cache stats --prometheus`, judged by Prometheus' own `promtool`.
class CacheMetricsTest {
  private static final String CPP =
      "{pipeline=\"bun\",platform=\"linux-x64\",step=\"cpp\",kind=\"ccache\"} ";

  @TempDir Path dir;
  private CacheHistory history;

  @BeforeEach
  void promtool() {
    assertThat(Command.of("sh", "-c", "command -v promtool").run().ok())
        .as("promtool; install it: apt-get install prometheus")
        .isTrue();
    history = new CacheHistory(new DirectoryStore(dir.resolve("s")));
  }

  @Test
  void promtoolTakesTheFiguresOfTheLastRuns() throws IOException {
    Files.writeString(Files.createDirectories(dir.resolve("c")).resolve("x"), "12345");
    bakehouse("cache", "save", "--kind", "bun", "--path", "c", "--store", "dir:s");
    history.add(run(1, "main", "cpp", 1, 99));
    history.add(run(2, "pull:7", "cpp", 60, 40));
    history.add(run(3, "main", "cpp", 90, 10));
    history.add(run(4, "main", "link", 0, 0));

    String text = checked("--last", "2");

    assertThat(text.lines())
        .contains(
            "# TYPE bakehouse_cache_hits gauge",
            "bakehouse_cache_entries{kind=\"bun\"} 1",
            "bakehouse_cache_content_bytes{kind=\"bun\"} 5",
            "bakehouse_cache_runs" + CPP + "2",
            "bakehouse_cache_hits" + CPP + "150",
            "bakehouse_cache_misses" + CPP + "50",
            "bakehouse_cache_hit_ratio" + CPP + "0.75",
            "bakehouse_cache_restore_bytes" + CPP + "2000000000",
            "bakehouse_cache_restore_seconds" + CPP + "3.0",
            "bakehouse_cache_save_bytes" + CPP + "6000",
            "bakehouse_cache_save_seconds" + CPP + "1.0",
            "bakehouse_cache_last_run_timestamp_seconds" + CPP + "3.0",
            "bakehouse_cache_misses" + CPP.replace("cpp", "link") + "0")
        .noneMatch(line -> line.startsWith("bakehouse_cache_hit_ratio") && line.contains("link"))
        .noneMatch(line -> line.contains("main") || line.contains("pull"));
  }

  /// Names come from pipelines: they are told apart in any locale, and break no line.
  @Test
  void oddNamesStayTheirOwn() {
    for (String step : List.of("a\"b", "a\\", "a\nb 1", "ä", "ö", "")) {
      history.add(run(1, "main", step, 1, 1));
    }

    String text = checked();

    assertThat(text.lines().filter(line -> line.startsWith("bakehouse_cache_hits{")))
        .hasSize(6)
        .anyMatch(line -> line.contains("step=\"a\\\"b\""))
        .anyMatch(line -> line.contains("step=\"a\\\\\""))
        .anyMatch(line -> line.contains("step=\"a\\nb 1\""))
        .anyMatch(line -> line.contains("step=\"ö\""));
  }

  @Test
  void aStoreOfNothingHasNoFigures() {
    assertThat(checked()).isEmpty();
  }

  @Test
  void twoAnswersAtOnceAreRefused() {
    Outcome refused = bakehouse("cache", "stats", "--store", "dir:s", "--prometheus", "--json");

    assertThat(refused.status()).isEqualTo(Exit.FAILED);
    assertThat(refused.complaint()).contains("--json and --prometheus are two answers");
  }

  /// What it prints; promtool has nothing to say about it.
  private String checked(String... more) {
    List<String> words =
        new ArrayList<>(List.of("cache", "stats", "--store", "dir:s", "--prometheus"));
    words.addAll(List.of(more));
    Outcome printed = new Bakehouse(dir).run(Map.of("LC_ALL", "C"), words.toArray(String[]::new));
    assertThat(printed.status()).as(printed.complaint()).isZero();
    Outcome judged = Command.of("promtool", "check", "metrics").input(printed.out()).merged().run();
    assertThat(judged.text()).isEmpty();
    assertThat(judged.status()).isZero();
    return printed.text();
  }

  private Outcome bakehouse(String... arguments) {
    return new Bakehouse(dir).run(Map.of(), arguments);
  }

  private static CacheRun run(int second, String ref, String step, long hits, long misses) {
    return new CacheRun(
        Instant.ofEpochSecond(second),
        "bun",
        ref,
        "linux-x64",
        "b" + second,
        second,
        step,
        "ccache",
        "read-write",
        "b0",
        "build 0",
        "",
        hits,
        misses,
        new Moved(10, 1_000_000_000, 1.5),
        new Moved(3, 3000, 0.5),
        Map.of(),
        "/w",
        0,
        "");
  }
}
