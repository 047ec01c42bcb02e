package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// `bakehouse cache gc` with a budget.
class CacheGcTest {
  private static final long GB = 1L << 30;

  @TempDir Path dir;

  @Test
  void whatGoesAndWhyAndHowMuchIsLeft() throws IOException {
    save("main", "m1", 3);
    save("pull:7", "p1", 2);
    save("pull:8", "p2", 1);
    int all = blobs();

    Outcome said = gc("--budget-gb", "2", "--dry-run");
    assertThat(said.status()).as(said.complaint()).isZero();
    assertThat(said.text())
        .contains("would go: p/pull:7", "build p1", "over the budget, and used least recently")
        .contains("1 entries", "would be removed", "2 entries kept", "of a budget of 2,147,483,648")
        .doesNotContain("build m1", "build p2");
    assertThat(blobs()).isEqualTo(all);

    Outcome done = gc("--budget-gb", "2");
    assertThat(done.status()).as(done.complaint()).isZero();
    assertThat(done.text().lines().filter(line -> line.startsWith("gone: ")))
        .hasSize(1)
        .allMatch(line -> line.contains("build p1"));
    assertThat(done.text()).contains("entries kept").doesNotContain("would");
    assertThat(blobs()).isLessThan(all);
    JsonNode again = new Bakehouse(dir).json(Map.of(), words("--budget-gb", "2", "--json"));
    assertThat(again.get("gone")).isEmpty();
    assertThat(again.get("kept").asInt()).isEqualTo(2);
    assertThat(again.get("budget").asLong()).isEqualTo(2 * GB);
    assertThat(again.get("left").asLong()).isBetween(GB, 2 * GB);
    assertThat(again.get("over").asLong()).isZero();
  }

  @Test
  void theMainBranchMayHaveAnotherName() throws IOException {
    save("trunk", "t1", 3);
    save("main", "m1", 2);

    Outcome named = gc("--budget-gb", "1", "--dry-run", "--main-branch", "trunk");
    assertThat(named.text()).contains("build m1").doesNotContain("build t1");
    assertThat(gc("--budget-gb", "1", "--dry-run").text())
        .contains("build t1")
        .doesNotContain("build m1");
  }

  @Test
  void aBudgetThatCanNotBeKeptIsToldAndTheStatusSaysSo() throws IOException {
    save("pull:7", "p1", 0);
    save("pull:8", "p2", 0);
    Files.writeString(dir.resolve("bakehouse.yml"), "cache: {budget-gb: 1}\n");

    Outcome told = gc();

    assertThat(told.status()).isEqualTo(Exit.FAILED);
    assertThat(told.text()).contains("2 entries kept", "of a budget of 1,073,741,824");
    assertThat(told.complaint())
        .contains("The budget of 1,073,741,824 bytes can not be kept", "in the last 24 hours")
        .contains("Raise cache.budget-gb");
    assertThat(gc("--budget-gb", "3").status()).as("the option, not the file").isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, --budget-gb 0 is no budget",
    "-1, 1, --budget-gb -1 is no budget",
    "1048577, 1, from 1 to 1048576",
    "5G, 2, 'Invalid value for option ''--budget-gb'''",
    "0.5, 2, 'Invalid value for option ''--budget-gb'''"
  })
  void aBadBudgetIsRefusedAndNothingGoes(String value, int status, String complaint)
      throws IOException {
    save("pull:7", "p1", 40);
    int all = blobs();

    Outcome refused = gc("--budget-gb=" + value);

    assertThat(refused.status()).isEqualTo(status);
    assertThat(refused.complaint()).contains(complaint);
    assertThat(blobs()).isEqualTo(all);
  }

  private Outcome gc(String... more) {
    return new Bakehouse(dir).run(Map.of(), words(more));
  }

  private static String[] words(String... more) {
    List<String> words = new ArrayList<>(List.of("cache", "gc", "--store", "dir:s"));
    words.addAll(List.of(more));
    return words.toArray(String[]::new);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-7", "68719476736", "1048577"})
  void noVolumeGoesForABudgetThatIsNone(String budget) throws IOException {
    Path volume = Files.createDirectories(dir.resolve("state/volumes"));
    Outcome said =
        new Bakehouse(dir)
            .run(
                Map.of(),
                "cache",
                "volumes",
                "prune",
                "--state",
                volume.getParent().toString(),
                "--budget-gb",
                budget);
    assertThat(said.status()).as(said.text()).isNotZero();
    assertThat(said.complaint()).contains(budget).doesNotContain("deleted");
  }

  /// A cache whose pack seems to be of nearly a GB: a hole takes no room.
  private void save(String ref, String build, int days) throws IOException {
    Files.writeString(Files.createDirectories(dir.resolve("c-" + build)).resolve("x"), build);
    List<Path> before = files();
    Outcome saved =
        new Bakehouse(dir)
            .run(
                Map.of(),
                "cache save --kind bun --path c-%s --store dir:s --build %s --scope p/%s"
                    .formatted(build, build, ref)
                    .split(" "));
    assertThat(saved.status()).as(saved.complaint()).isZero();
    List<Path> fresh = new ArrayList<>(files());
    fresh.removeAll(before);
    Path pack =
        fresh.stream().filter(f -> f.getParent().endsWith("packs")).findFirst().orElseThrow();
    try (FileChannel file = FileChannel.open(pack, StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.allocate(1), GB - (1 << 20));
    }
    Instant then = Instant.now().minus(Duration.ofDays(days));
    for (Path each : fresh) {
      Files.setLastModifiedTime(each, FileTime.from(then));
    }
  }

  private int blobs() throws IOException {
    return files().size();
  }

  private List<Path> files() throws IOException {
    if (!Files.exists(dir.resolve("s"))) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(dir.resolve("s"))) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
