package dev.bakehouse.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ThreadsTest {
  @TempDir Path dir;

  @Test
  void anInterruptedThreadDoesTheWorkWholeAndStaysInterrupted() {
    Path lock = dir.resolve("lock");
    Thread.currentThread().interrupt();
    String did =
        Threads.uninterrupted(
            () -> {
              try (ExclusiveLock _ = ExclusiveLock.on(lock)) {
                Thread.sleep(1);
                return "all of it";
              } catch (InterruptedException e) {
                return "half of it";
              }
            });
    assertThat(Thread.interrupted()).isTrue();
    assertThat(did).isEqualTo("all of it");
  }

  @Test
  void anInterruptMeanwhileWaitsUntilTheWorkIsDone() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    boolean[] seen = new boolean[2];
    Thread worker =
        Threads.start(
            () -> {
              seen[0] =
                  Threads.uninterrupted(
                      () -> {
                        begun.countDown();
                        try {
                          go.await();
                          return true;
                        } catch (InterruptedException e) {
                          return false;
                        }
                      });
              seen[1] = Thread.interrupted();
            });
    begun.await();
    worker.interrupt();
    go.countDown();
    worker.join();
    assertThat(seen).containsExactly(true, true);
  }

  @Test
  void anInterruptIsPassedOnToTheThreadThatIsWaitedFor() {
    boolean[] told = new boolean[1];
    Thread waits =
        Threads.start(() -> told[0] = meet(new CountDownLatch(1), new CountDownLatch(1)) == 0);
    Thread.currentThread().interrupt();
    Threads.joinOrInterrupt(waits);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(waits.isAlive()).isFalse();
    assertThat(told).containsExactly(true);
  }

  @Test
  void besideIsAtOnceAndTheFailureOfEitherComesWhenBothAreOver() {
    CountDownLatch here = new CountDownLatch(1);
    CountDownLatch there = new CountDownLatch(1);
    int got = Threads.beside(() -> meet(here, there), () -> meet(there, here));
    assertThat(got).isEqualTo(1);

    CountDownLatch failed = new CountDownLatch(1);
    boolean[] over = new boolean[1];
    assertThatThrownBy(
            () ->
                Threads.beside(
                    () -> {
                      meet(new CountDownLatch(1), failed);
                      over[0] = true;
                      throw new UserError("the other", "None.");
                    },
                    () -> {
                      failed.countDown();
                      throw new UserError("the work", "None.");
                    }))
        .hasMessage("the work");
    assertThat(over).containsExactly(true);
    assertThatThrownBy(
            () ->
                Threads.beside(
                    () -> {
                      throw new UserError("the other", "None.");
                    },
                    () -> 1))
        .hasMessage("the other");
  }

  private static int meet(CountDownLatch mine, CountDownLatch other) {
    mine.countDown();
    try {
      other.await();
      return 1;
    } catch (InterruptedException e) {
      return 0;
    }
  }

  @Test
  void whatTheWorkThrowsIsThrown() {
    assertThatThrownBy(
            () ->
                Threads.uninterrupted(
                    () -> {
                      throw new UserError("no", "None.");
                    }))
        .isInstanceOf(UserError.class)
        .hasMessage("no");
  }
}
