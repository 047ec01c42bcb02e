package dev.bakehouse.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.oci.DockerRegistry;
import dev.bakehouse.platform.Jvm;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// KILL at random moments of a process that writes one document after the other.
class KilledPromoteTest {
  private static final int ROUNDS = 10;

  @TempDir Path dir;

  @Test
  void theOldOrTheNewDocumentStandsThereWhole() throws Exception {
    killed("oci:" + dir.resolve("layout"), 60);
  }

  /// Where a killed one may leave a claim, which the next passes over.
  @Test
  @Tag("registry")
  void inARegistryTooAndTheNextOneGoesOn() throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(dir.resolve("registry"), false)) {
      killed(registry.host() + "/o/r/i", 200);
    }
  }

  private void killed(String place, int longestMs) throws Exception {
    Random random = new Random(7);
    Site site = new Site(dir, place);
    Posted _ = site.promoter().promote(target(), OptionalInt.of(1), List.of(), "first");
    long written = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String key = site.config.publicKeys().getFirst();
      Process child = Jvm.of(KilledPromoteTest.class, dir.toString(), place, key).start();
      long acknowledged = written;
      try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8)) {
        String line = out.readLine();
        assertThat(line).as("the first document").isNotNull();
        acknowledged = Long.parseLong(line);
        boolean _ = child.waitFor(1 + random.nextInt(longestMs), TimeUnit.MILLISECONDS);
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
    Document last = site.promoter().rollback(false, "done").document();
    assertThat(last.serial()).isGreaterThan(written);
    assertThat(site.document()).isEqualTo(last);
  }

  private static Target target() {
    return new Target("1", "sha256:" + "a".repeat(64));
  }

  public static void main(String[] args) {
    Site site = new Site(Path.of(args[0]), args[1], args[2]);
    for (int n = 0; ; n++) {
      int percent = 1 + (int) (site.document().serial() % 100);
      Posted posted =
          site.promoter().promote(target(), OptionalInt.of(percent), List.of("h" + n), "round");
      System.out.println(posted.document().serial());
    }
  }
}
