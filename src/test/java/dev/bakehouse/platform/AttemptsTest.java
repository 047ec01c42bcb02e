package dev.bakehouse.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AttemptsTest {
  private static final Patience HASTY =
      new Patience(4, Duration.ofMillis(5), Duration.ofMillis(50), Duration.ofSeconds(20));

  private final Attempts attempts = new Attempts(HASTY, "do it");

  @Test
  void areCountedSinceTheLastProgress() {
    for (int round = 0; round < 2; round++) {
      for (int i = 1; i < HASTY.attempts(); i++) {
        assertThat(attempts.again(Optional.empty())).isTrue();
      }
      assertThat(attempts.again(Optional.empty())).isFalse();
      attempts.progress();
    }
  }

  @Test
  void areFewerForWhatIsHopeless() {
    assertThat(attempts.again(Optional.empty(), 2)).isTrue();
    assertThat(attempts.again(Optional.empty(), 2)).isFalse();
  }

  @Test
  void endWhereTheyWouldHaveToWaitTooLong() {
    assertThat(attempts.again(Optional.of(Duration.ofHours(1)))).isFalse();
  }

  @Test
  void pausesGrowToABoundAndAreNotEqualForAll() {
    Patience patience =
        new Patience(5, Duration.ofMillis(300), Duration.ofSeconds(30), Duration.ofMinutes(5));
    for (int i = 1; i < 80; i++) {
      assertThat(patience.pause(i))
          .isBetween(patience.firstPause().dividedBy(2), patience.longestPause());
    }
    assertThat(patience.pause(50)).isGreaterThanOrEqualTo(patience.longestPause().dividedBy(2));
    assertThat(IntStream.range(0, 20).mapToObj(_ -> patience.pause(9)).distinct())
        .hasSizeGreaterThan(1);
  }
}
