package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.StepRule.Decision;
import dev.bakehouse.platform.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a step tells after its command, with the real ccache, and what is made of it.
class StepFiguresTest {
  @TempDir Path dir;

  @Test
  void ccachesLogAndCountersAreReadWhateverWasInTheCache() throws IOException {
    assertThat(Command.of("sh", "-c", "command -v ccache && command -v cc").run().ok())
        .as("ccache and a C compiler; install them: apt-get install ccache gcc")
        .isTrue();
    Files.writeString(dir.resolve("a.c"), "int a(void) { return 1; }\n");
    Files.writeString(dir.resolve("b.c"), "int b(void) { return 1; }\n");
    compile("a.c", "earlier");
    compile("a.c", "log");
    compile("b.c", "log");
    Files.createDirectories(dir.resolve("src/bakehouse-stats"));
    Files.writeString(
        dir.resolve("src/bakehouse-stats/zig-local.json"),
        "{\"kind\":\"zig-local\",\n\"hits\":3,\"misses\":1}\n");
    Files.writeString(dir.resolve("src/bakehouse-stats/broken.json"), "{\"kind\":");
    Files.createDirectories(dir.resolve("requests"));
    Files.writeString(dir.resolve("requests/ccache"), "save\n");
    Files.writeString(dir.resolve("requests/bun"), "skip\n");
    Files.writeString(dir.resolve("requests/zig-local"), "destroy\n");

    StepFigures figures = StepFigures.parse(read());

    assertThat(figures.stats())
        .containsExactly(new CacheStats("zig-local", 3, 1), new CacheStats("ccache", 1, 1));
    assertThat(figures.before()).contains(new CacheStats("ccache", 0, 1));
    assertThat(figures.after()).contains(new CacheStats("ccache", 1, 2));
    assertThat(figures.requests().wanted()).isEqualTo(Map.of("ccache", true, "bun", false));
    assertThat(figures.tools()).anySatisfy((path, id) -> assertThat(path).endsWith("/cc"));
    assertThat(figures.lines())
        .contains(
            "ccache: 1 hits and 1 misses (50 %); ccache's counters before: 0 hits and 1 misses,"
                + " after: 1 hits and 2 misses");
  }

  /// Each kind becomes a blob of the history.
  @Test
  void onlyKnownKindsCount() {
    StringBuilder said =
        new StringBuilder("json\t[{\"kind\":\"zig-local\",\"hits\":3,\"misses\":1}");
    Map<String, String> directories = new HashMap<>();
    for (int i = 0; i < 1000; i++) {
      said.append(",{\"kind\":\"k").append(i).append("\",\"hits\":1,\"misses\":0}");
      directories.put("k" + i, "path" + i);
    }
    StepFigures figures = StepFigures.parse(said + "]\n");

    StepRule rule = new StepRule(List.of(), Map.of("k7", "path"));
    assertThat(figures.about(rule.known()).stats())
        .containsExactly(new CacheStats("zig-local", 3, 1), new CacheStats("k7", 1, 0));
    assertThat(figures.about(new StepRule(List.of(), directories).known()).stats()).hasSize(50);
  }

  @Test
  void whereNothingIsNothingIsTold() throws IOException {
    StepFigures figures = StepFigures.parse(read());

    assertThat(figures.stats()).isEmpty();
    assertThat(figures.before()).isEmpty();
    assertThat(figures.requests().wanted()).isEmpty();
  }

  @Test
  void linesOfAHostileStepAreLeftOut() {
    String lines =
        "json\t[]\njson\t{\"hits\":1}\nrequest\n\t\t\t\nlog\t-1\tx\nlog\t99999999999999999999\t1\n"
            + "counter\tcache_miss\tmany\ntool\ta\nrequest\tccache\tsave\textra\n";
    StepFigures figures = StepFigures.parse(lines + "x".repeat(100_000));

    assertThat(figures.stats()).isEmpty();
    assertThat(figures.requests().wanted()).isEmpty();
    assertThat(figures.counters()).isEmpty();
  }

  @Test
  void aRequestAddsAndTakesAwayButNeverAgainstTheStrategy() {
    List<String> log = new ArrayList<>();
    Requests requests = new Requests(Map.of("bun", true, "ccache", false, "none-such", true));

    assertThat(requests.saves(decision(Strategy.READ_WRITE), Map.of(), log::add))
        .containsExactly(Kind.BUN);
    assertThat(log)
        .hasSize(3)
        .anySatisfy(l -> assertThat(l).contains("bun is saved"))
        .anySatisfy(l -> assertThat(l).contains("ccache is not saved"))
        .anySatisfy(l -> assertThat(l).contains("`none-such`").contains("Use ccache"));

    assertThat(requests.saves(decision(Strategy.READ_ONLY), Map.of(), log::add)).isEmpty();
    assertThat(Requests.NONE.saves(decision(Strategy.READ_WRITE), Map.of(), log::add))
        .containsExactly(Kind.CCACHE);
  }

  private static Decision decision(Strategy strategy) {
    return new Decision(strategy, List.of(Kind.CCACHE), "test");
  }

  private String read() {
    List<String> args =
        StepFigures.arguments(
            dir.resolve("src").toString(),
            dir.resolve("requests").toString(),
            dir.resolve("log").toString(),
            dir.resolve("ccache").toString(),
            List.of());
    return Command.of("perl", "-e", StepFigures.script())
        .and(args.toArray(String[]::new))
        .env("CCACHE_CONFIGPATH", null)
        .check()
        .text();
  }

  private void compile(String file, String log) {
    Command.of("ccache", "cc", "-c", file, "-o", "x.o")
        .in(dir)
        .env("CCACHE_DIR", dir.resolve("ccache").toString())
        .env("CCACHE_STATSLOG", dir.resolve(log).toString())
        .env("CCACHE_CONFIGPATH", null)
        .check();
  }
}
