package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.config.OperationsSettings;
import dev.bakehouse.job.Failures;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Failures are injected as jobs note them; mends and probe are the test's.
class BreakerTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final OperationsSettings.Breaker RULES =
      new OperationsSettings.Breaker(
          3, Duration.ofMillis(300), Duration.ofMillis(600), Duration.ofMinutes(1));

  @TempDir Path state;
  private final List<String> said = Collections.synchronizedList(new ArrayList<>());
  private final List<Long> probes = Collections.synchronizedList(new ArrayList<>());
  private final List<String> mended = Collections.synchronizedList(new ArrayList<>());
  private volatile Optional<String> trouble = Optional.empty();
  private volatile boolean possible = true;
  private OperationsSettings.Breaker rules = RULES;
  private Breaker breaker;
  private CountDownLatch stop = new CountDownLatch(1);
  private Thread running = new Thread();

  private void daemon() {
    stop = new CountDownLatch(1);
    Breaker.Mend broken =
        new Breaker.Mend(
            "mend what can not be",
            () -> {
              throw new UserError("it is locked", "Unlock it.");
            });
    Breaker.Mend fine =
        new Breaker.Mend(
            "do a thing",
            () -> {
              mended.add("a thing");
              return List.of("a thing");
            });
    Breaker.Probe probe =
        new Breaker.Probe() {
          @Override
          public boolean possible() {
            return possible;
          }

          @Override
          public Optional<String> run() {
            probes.add(System.nanoTime());
            return trouble;
          }
        };
    breaker = new Breaker(state, rules, List.of(broken, fine), probe, said::add, stop);
    running = Threads.start(breaker::run);
  }

  @AfterEach
  void end() throws InterruptedException {
    stop.countDown();
    running.join();
  }

  private Optional<String> reason() {
    return Breaker.reason(state, RULES);
  }

  private static void await(String what, java.util.function.BooleanSupplier is) {
    Poll.until(what, SOON, () -> is.getAsBoolean() ? Optional.of(true) : Optional.empty());
  }

  private void fail(int times) {
    for (int n = 0; n < times; n++) {
      new Failures(state).add("job-" + n, "phase boot: the guest did not answer");
    }
  }

  @Test
  void twoFailuresInARowAreNoReasonAndOneThatWorkedStartsTheCountAnew() {
    fail(2);
    assertThat(reason()).isEmpty();
    new Failures(state).clear();
    fail(2);
    assertThat(reason()).isEmpty();
    fail(1);
    assertThat(reason().orElseThrow())
        .contains("3 infrastructure failures in a row", "phase boot: the guest did not answer");
  }

  @Test
  void threeAreMendedAndProbedBeforeTheHostTakesJobsAgain() {
    daemon();
    fail(3);
    await("jobs to be taken again", () -> said.toString().contains("takes jobs again"));
    assertThat(reason()).isEmpty();
    assertThat(new Failures(state).list()).isEmpty();
    assertThat(probes).hasSize(1);
    assertThat(said)
        .anyMatch(line -> line.startsWith("takes no more jobs: 3 infrastructure failures"))
        .contains("could not mend what can not be: it is locked", "mended: a thing");
  }

  @Test
  void aProbeThatFailsKeepsThePauseAndTheNextOnesComeLaterUpToALimit() {
    trouble = Optional.of("phase clone: no room");
    daemon();
    fail(3);
    await("four probes", () -> probes.size() >= 4);
    assertThat(probes.get(1) - probes.get(0)).isGreaterThanOrEqualTo(300_000_000L);
    assertThat(probes.get(2) - probes.get(1)).isGreaterThanOrEqualTo(600_000_000L);
    assertThat(probes.get(3) - probes.get(2)).isBetween(600_000_000L, 5_000_000_000L);
    assertThat(reason().orElseThrow()).contains("probe", "failed: phase clone: no room");
    // A job that still ran may pass meanwhile: what counts is a probe.
    new Failures(state).clear();
    assertThat(reason()).isPresent();
    trouble = Optional.empty();
    await("the pause to end", () -> reason().isEmpty());
  }

  @Test
  void anImageThatArrivesEndsTheWaitForTheNextProbe() {
    rules = new OperationsSettings.Breaker(3, HOUR, HOUR, HOUR);
    trouble = Optional.of("phase image: there is none");
    daemon();
    fail(3);
    await("a probe", () -> reason().filter(r -> r.contains("probe 1 failed")).isPresent());
    trouble = Optional.empty();
    breaker.soon();
    await("the pause to end", () -> reason().isEmpty());
  }

  @Test
  void aDaemonThatIsStartedAgainGoesOnWithThePause() throws Exception {
    trouble = Optional.of("phase clone: no room");
    daemon();
    fail(3);
    await("a probe", () -> reason().filter(r -> r.contains("probe 1 failed")).isPresent());
    end();
    int before = probes.size();
    assertThat(reason()).isPresent();
    trouble = Optional.empty();
    daemon();
    await("the pause to end", () -> reason().isEmpty());
    assertThat(probes).hasSize(before + 1);
  }

  /// With it things fail that work again once the clock is right.
  @Test
  void aProbeThatAWrongClockPutOffComesWhenTheClockIsRight() throws Exception {
    String due = Instant.now().plus(Duration.ofDays(1)).toString();
    Files.writeString(
        state.resolve("breaker.json"),
        "{\"since\":\"s\",\"why\":\"w\",\"probes\":1,\"last\":\"l\",\"due\":\"" + due + "\"}");
    daemon();
    await("the probe", () -> probes.size() == 1);
  }

  @Test
  void whileAllSlotsAreTakenNothingIsProbed() {
    possible = false;
    daemon();
    fail(3);
    await("the pause", () -> said.toString().contains("takes no more jobs"));
    assertThat(probes).isEmpty();
    assertThat(mended).isEmpty();
    possible = true;
    await("the pause to end", () -> reason().isEmpty());
  }

  @Test
  void aTornFileIsNoPauseAndTheFailuresStillAre() throws Exception {
    Files.writeString(state.resolve("breaker.json"), "{\"since\"");
    assertThat(reason()).isEmpty();
    fail(3);
    assertThat(reason()).isPresent();
    Path one;
    try (var all = Files.list(state.resolve("failures"))) {
      one = all.filter(f -> f.toString().endsWith(".json")).sorted().toList().getLast();
    }
    Files.writeString(one, "{");
    assertThat(reason().orElseThrow()).contains("can not be read");
  }
}
