package dev.bakehouse.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Verify;
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

/// KILL at random moments of a host that follows one promotion after the other.
class KilledFollowerTest {
  private static final int ROUNDS = 8;

  @TempDir Path dir;

  @Test
  void whatIsInForceIsAlwaysHereWholeAndPinned() throws Exception {
    Random random = new Random(11);
    Site site = new Site(dir, "oci:" + dir.resolve("layout"));
    List<Target> images = List.of(site.push("1.0", 3), site.push("2.0", 4), site.push("3.0", 5));
    Promoter promoter = site.promoter();
    Site.Host host = site.host("oven-a");
    for (int round = 0; round < ROUNDS; round++) {
      Target target = images.get(round % images.size());
      Posted _ = promoter.promote(target, OptionalInt.of(100), List.of(), "round");
      Process child =
          Jvm.of(KilledFollowerTest.class, dir.toString(), site.config.publicKeys().getFirst())
              .start();
      try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8)) {
        assertThat(out.readLine()).isEqualTo("polling");
        boolean _ = child.waitFor(random.nextInt(700), TimeUnit.MILLISECONDS);
        child.toHandle().destroyForcibly();
        child.waitFor();
      }
      host.file.load().inForce().ifPresent(now -> whole(host, now.name()));
    }
    assertThat(host.runs()).isEqualTo(images.get((ROUNDS - 1) % images.size()).name());
    whole(host, host.file.load().inForce().orElseThrow().name());
    assertThat(host.store.list().stream().filter(LocalImage::pinned))
        .as("in force and before")
        .hasSizeLessThanOrEqualTo(2);
  }

  private static void whole(Site.Host host, String name) {
    LocalImage image = host.store.get(name);
    assertThat(image.pinned()).isTrue();
    assertThat(Verify.of(image).ok()).isTrue();
  }

  public static void main(String[] args) {
    Site site = new Site(Path.of(args[0]), "oci:" + Path.of(args[0], "layout"), args[1]);
    Site.Host host = site.host("oven-a");
    System.out.println("polling");
    while (true) {
      HostState _ = host.poll();
    }
  }
}
