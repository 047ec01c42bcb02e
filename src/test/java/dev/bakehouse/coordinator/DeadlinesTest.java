package dev.bakehouse.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Jobs end when their time has passed, whatever happens to the clock.
class DeadlinesTest {
  private static final long HOUR = Duration.ofHours(1).toMillis();

  private long clock = 1_000 * HOUR;
  private long passed = 77;
  private final Deadlines deadlines = new Deadlines(() -> clock, () -> passed);

  private void passes(long time) {
    clock += time;
    passed += time;
  }

  @Test
  void aClockThatIsSetEndsNoJobAndLetsNoneGoOn() {
    for (long jump : new long[] {2 * HOUR, -2 * HOUR}) {
      long told = deadlines.in("job", Duration.ofHours(1));
      clock += jump;
      assertFalse(deadlines.passed("job", told));
      passes(HOUR);
      assertFalse(deadlines.passed("job", told));
      passes(1);
      assertTrue(deadlines.passed("job", told));
    }
  }

  @Test
  void theTableGoesAlongForTheNextStart() {
    long told = deadlines.in("job", Duration.ofHours(1));
    passes(HOUR / 2);
    assertEquals(told, deadlines.corrected("job", told));
    clock += 2 * HOUR;
    long corrected = deadlines.corrected("job", told);
    assertEquals(told + 2 * HOUR, corrected);
    assertEquals(corrected, deadlines.corrected("job", corrected));
    Deadlines next = new Deadlines(() -> clock, () -> passed);
    assertFalse(next.passed("job", corrected));
    passes(HOUR / 2 + 1);
    assertTrue(next.passed("job", corrected));
    assertTrue(deadlines.passed("job", corrected));
  }

  @Test
  void whatCouldNotBeWrittenDoesNotCount() {
    long told = deadlines.in("job", Duration.ofHours(1));
    deadlines.in("job", Duration.ofSeconds(1));
    passes(HOUR / 2);
    assertFalse(deadlines.passed("job", told));
    deadlines.keep(Set.of());
    assertFalse(deadlines.passed("job", told));
    passes(HOUR / 2 + 1);
    assertTrue(deadlines.passed("job", told));
  }

  @Test
  void aShorterTimeCounts() {
    long told = deadlines.in("job", Duration.ofMinutes(1));
    clock += HOUR;
    assertEquals(told, deadlines.within("job", told, Duration.ofMinutes(2)));
    long sooner = deadlines.within("job", told, Duration.ofSeconds(1));
    passes(1001);
    assertTrue(deadlines.passed("job", sooner));
  }
}
