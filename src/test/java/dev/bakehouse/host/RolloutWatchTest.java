package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Jobs;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.rollout.Keys;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RolloutWatchTest {
  @TempDir Path dir;

  private final List<String> said = new CopyOnWriteArrayList<>();

  /// What nobody expected ends that look and not those that follow.
  @Test
  void aMistakeIsToldAndTheHostGoesOnFollowing() throws Exception {
    Path config = dir.resolve("bakehouse.yml");
    String text =
        "host: {state: '%s'}\nvm: {hypervisor: qemu}\nimage: {rollout: {repository: 'oci:%s', public-key: '%s', poll-seconds: 1}}\n";
    Files.writeString(
        config, text.formatted(dir, dir.resolve("layout"), Keys.generate(dir.resolve("key"))));
    HostSettings host = HostSettings.read(config);
    PrintStream log = new PrintStream(OutputStream.nullOutputStream());
    CountDownLatch stop = new CountDownLatch(1);
    Templates templates = new Templates(host, Jobs.hypervisor(host), log, said::add);
    Files.writeString(dir.resolve("rollout.json"), "null");

    RolloutWatch.of(host, templates, log, said::add, stop).orElseThrow().start();
    try {
      told("following the rollout broke off with java.lang.NullPointerException");
      Files.writeString(dir.resolve("rollout.json"), "x");
      told("not a host's rollout state");
    } finally {
      stop.countDown();
    }
  }

  private void told(String what) {
    boolean _ =
        Poll.until(
            "the line: " + what,
            Duration.ofSeconds(20),
            () -> Optional.of(true).filter(_ -> said.stream().anyMatch(l -> l.contains(what))));
  }
}
