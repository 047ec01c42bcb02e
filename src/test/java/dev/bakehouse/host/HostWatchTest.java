package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Poll;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostWatchTest {
  @TempDir Path dir;

  private final CountDownLatch stop = new CountDownLatch(1);
  private final List<HostStatus> told = new ArrayList<>();

  private HostSettings host() throws Exception {
    Path config = dir.resolve("bakehouse.yml");
    Files.writeString(
        config,
        "host: {name: oven, state: '"
            + dir
            + "', slots: 1}\nvm: {hypervisor: qemu}\nagent: {binary: /none}\n");
    return HostSettings.read(config);
  }

  /// A template takes minutes: who asks meanwhile hears that the daemon runs.
  @Test
  void tellsHowTheHostStandsBeforeItHasAgents() throws Exception {
    HostSettings host = host();
    StatusFile status = new StatusFile(host);
    try (HostWatch watch = watch(host, Optional.of("it starts"))) {
      watch.meanwhile(
          () -> told.add(Poll.until("the daemon's status", Duration.ofSeconds(20), status::read)));
    }
    assertThat(told).singleElement().extracting(HostStatus::away).isEqualTo("it starts");
    assertThat(told.getFirst().allAway()).isTrue();
    assertThat(status.read()).isEmpty();
  }

  @Test
  void startsNoAgentWhenItIsToStopAlready() throws Exception {
    HostSettings host = host();
    stop.countDown();
    try (HostWatch watch = watch(host, Optional.empty())) {
      watch.run();
      assertThat(dir.resolve("agents")).doesNotExist();
    }
  }

  private HostWatch watch(HostSettings host, Optional<String> away) {
    return new HostWatch(host, false, List.of(), () -> away, line -> {}, stop);
  }
}
