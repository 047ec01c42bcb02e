package dev.bakehouse.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whoever removes what workers wrote must know that none of them writes any more.
class WorkersTest {
  private final CountDownLatch returned = new CountDownLatch(1);
  private final AtomicBoolean ended = new AtomicBoolean();
  private final Callable<Void> writes =
      () -> {
        // Long enough for a run that does not wait.
        boolean _ = returned.await(1, TimeUnit.SECONDS);
        ended.set(true);
        return null;
      };

  static List<Throwable> failures() {
    return List.of(
        new IOException("lost"), new IllegalStateException("bug"), new OutOfMemoryError("heap"));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void aRunThatFailsHasEnded(Throwable failure) {
    Callable<Void> fails = () -> sneaky(failure);
    try (Workers workers = new Workers()) {
      assertThatThrownBy(() -> workers.run(List.of(fails, writes))).isSameAs(failure);
      assertThat(ended).isTrue();
    } finally {
      returned.countDown();
    }
  }

  @Test
  void soHasOneWhoseThreadIsInterrupted() throws IOException {
    Thread.currentThread().interrupt();
    try (Workers workers = new Workers()) {
      workers.run(List.of(writes));
      assertThat(ended).isTrue();
    } finally {
      returned.countDown();
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> Void sneaky(Throwable failure) throws E {
    throw (E) failure;
  }
}
