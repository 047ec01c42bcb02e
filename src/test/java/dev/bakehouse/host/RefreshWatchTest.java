package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.config.Yaml;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.rollout.Keys;
import dev.bakehouse.rollout.Refresh.Report;
import dev.bakehouse.rollout.Refresh.Standing;
import dev.bakehouse.rollout.RefreshConfig;
import dev.bakehouse.rollout.RefreshTimes;
import dev.bakehouse.rollout.RolloutConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RefreshWatchTest {
  @TempDir Path dir;

  @Test
  void aRolloutIsGoneOnWithUntilItHasEndedAndThenNothingIsDoneBeforeTheNextTime() throws Exception {
    Deque<Standing> standings =
        new ArrayDeque<>(List.of(Standing.MOVED, Standing.WAITING, Standing.UP_TO_DATE));
    List<String> said = new ArrayList<>();
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    int[] calls = {0};
    RefreshWatch watch =
        new RefreshWatch(
            () -> {
              calls[0]++;
              if (calls[0] == 2) {
                throw new UserError("the registry gives no answer", "Look.");
              }
              if (calls[0] == 3) {
                throw new IllegalStateException("a mistake");
              }
              Standing standing = standings.remove();
              if (standings.isEmpty()) {
                ended.countDown();
              }
              return new Report(standing, "", 0);
            },
            times(),
            Duration.ofMillis(1),
            said::add,
            stop);
    Thread thread = Thread.ofPlatform().start(watch::run);
    assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
    while (!Files.exists(dir.resolve("refreshed"))) {
      Thread.onSpinWait();
    }
    stop.countDown();
    thread.join();
    assertThat(calls[0]).isEqualTo(5);
    assertThat(said)
        .containsExactly(
            "the registry gives no answer Look.",
            "refreshing the image broke off with java.lang.IllegalStateException: a mistake");
  }

  private RefreshTimes times() {
    String yaml =
        "image: {rollout: {public-key: '%s'}, refresh: {every: 1d, repository: r}}"
            .formatted(Keys.generate(dir.resolve("key")));
    var image = Yaml.parse("bakehouse.yml", yaml).section("image");
    RolloutConfig rollout = RolloutConfig.read(image.section("rollout"));
    return RefreshTimes.of(RefreshConfig.read(image.section("refresh"), rollout), dir)
        .orElseThrow();
  }
}
