package dev.bakehouse.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Jvm;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// KILL at random moments of a process that writes one document after the other.
class KilledPromoteTest {
  private static final int ROUNDS = 10;

  @TempDir Path dir;

  @Test
  void theOldOrTheNewDocumentStandsThereWhole() throws Exception {
    Random random = new Random(7);
    Site site = new Site(dir, "oci:" + dir.resolve("layout"));
    Posted _ = site.promoter().promote(target(), OptionalInt.of(1), List.of(), "first");
    long written = 0;
    for (int round = 0; round < ROUNDS; round++) {
      Process child =
          Jvm.of(KilledPromoteTest.class, dir.toString(), site.config.publicKeys().getFirst())
              .start();
      long acknowledged = written;
      try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8)) {
        String line = out.readLine();
        assertThat(line).as("the first document").isNotNull();
        acknowledged = Long.parseLong(line);
        boolean _ = child.waitFor(1 + random.nextInt(60), TimeUnit.MILLISECONDS);
        child.toHandle().destroyForcibly();
        for (line = out.readLine(); line != null; line = out.readLine()) {
          acknowledged = Long.parseLong(line);
        }
      }
      child.waitFor();
      Document now = site.document();
      assertThat(now.serial()).isBetween(acknowledged, acknowledged + 1);
      written = now.serial();
    }
    assertThat(written).isGreaterThan(ROUNDS);
    assertThat(site.promoter().rollback("done").document().serial()).isEqualTo(written + 1);
  }

  private static Target target() {
    return new Target("1", "sha256:" + "a".repeat(64));
  }

  public static void main(String[] args) {
    Site site = new Site(Path.of(args[0]), "oci:" + Path.of(args[0], "layout"), args[1]);
    for (int n = 0; ; n++) {
      int percent = 1 + (int) (site.document().serial() % 100);
      Posted posted =
          site.promoter().promote(target(), OptionalInt.of(percent), List.of("h" + n), "round");
      System.out.println(posted.document().serial());
    }
  }
}
