package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.PassedStep.By;
import dev.bakehouse.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What passed jobs left, noted in a store.
class PassedStepsTest {
  private static final Scope MAIN = Scope.parse("bun/main", "linux-x64-release");
  private static final Scope PULL = Scope.parse("bun/pull:7", "linux-x64-release");
  private static final String PRINT = "0123456789abcdef";

  @TempDir Path dir;

  @Test
  void theNewestOfTheSameInputsComeFirst() throws IOException {
    PassedSteps steps = new PassedSteps(new DirectoryStore(dir));
    for (int number = 1; number <= 4; number++) {
      steps.add(MAIN, "cpp", PRINT, passed(number));
      aged(number);
    }
    steps.add(MAIN, "cpp", "fedcba9876543210", passed(5));
    steps.add(MAIN, "zig", PRINT, passed(6));
    steps.add(PULL, "cpp", PRINT, passed(7));

    assertThat(steps.find(MAIN, "cpp", PRINT, 3)).containsExactly(passed(4), passed(3), passed(2));
    assertThat(steps.find(PULL, "cpp", PRINT, 3)).containsExactly(passed(7));
    assertThat(steps.find(MAIN, "cpp", "0", 3)).isEmpty();

    assertThat(steps.sweep(Instant.now().minusSeconds(1000)).gone()).isEqualTo(4);
    assertThat(steps.find(MAIN, "cpp", PRINT, 3)).isEmpty();
    assertThat(steps.find(MAIN, "zig", PRINT, 3)).hasSize(1);
  }

  @Test
  void whatIsDamagedOrOfAnotherJobIsNone() throws IOException {
    PassedSteps steps = new PassedSteps(new DirectoryStore(dir));
    steps.add(MAIN, "cpp", PRINT, passed(1));
    Path good = file(1);
    Files.copy(good, good.resolveSibling("another.json"));
    Files.writeString(good.resolveSibling("half.json"), Files.readString(good).substring(0, 40));
    Files.writeString(good.resolveSibling("null.json"), "null");
    Files.writeString(
        good.resolveSibling("empty.json"), "{\"version\":1,\"by\":{},\"files\":[null]}");
    assertThat(steps.find(MAIN, "cpp", PRINT, 9)).containsExactly(passed(1));
  }

  @Test
  void buildsHoldTheirOwnScopesOnly() {
    String key = "passed/" + MAIN.key() + "/cpp/" + PRINT + "/b/j.json";
    assertThat(BuildKeys.mayHold("bun", "main", OptionalInt.empty(), key)).isTrue();
    assertThat(BuildKeys.mayHold("bun", "main", OptionalInt.of(7), key)).isFalse();
  }

  private static PassedStep passed(int number) {
    By origin = new By("first", 1, "c0", "job-0");
    return new PassedStep(
        new By("build-" + number, number, "c" + number, "job-" + number),
        List.of(new PassedStep.File("out/a.o", number, "ab")),
        number == 2 ? Optional.of(origin) : Optional.empty());
  }

  private Path file(int number) throws IOException {
    try (Stream<Path> all = Files.walk(dir)) {
      return all.filter(p -> p.endsWith("build-" + number + "/job-" + number + ".json"))
          .findFirst()
          .orElseThrow();
    }
  }

  private void aged(int number) throws IOException {
    Instant then = Instant.now().minusSeconds(10_000 - number * 1000L);
    Files.setLastModifiedTime(file(number), FileTime.from(then));
  }
}
