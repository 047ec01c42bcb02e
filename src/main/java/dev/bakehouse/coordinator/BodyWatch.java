package dev.bakehouse.coordinator;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Gives up requests whose body stopped coming: the thread that waits for more is interrupted,
/// which closes the connection.
final class BodyWatch implements AutoCloseable {
  private final long limit;
  private final Set<Guarded> reading = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("coordinator-bodies").factory());

  BodyWatch(Duration limit) {
    this.limit = limit.toNanos();
    long period = Math.max(1, limit.toMillis() / 4);
    clock.scheduleWithFixedDelay(this::look, period, period, TimeUnit.MILLISECONDS);
  }

  Guarded guard(InputStream body) {
    return new Guarded(body);
  }

  private void look() {
    long now = System.nanoTime();
    reading.forEach(body -> body.look(now));
  }

  /// The caller did not send all it said.
  static final class BodyLost extends IOException {
    BodyLost(String message, IOException cause) {
      super(message, cause);
    }
  }

  /// A body under watch. Closing it leaves the body itself open.
  final class Guarded extends FilterInputStream {
    private @Nullable Thread waiting;
    private long since;

    private Guarded(InputStream body) {
      super(body);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      waits(Thread.currentThread());
      try {
        return super.read(buffer, offset, length);
      } catch (IOException e) {
        throw new BodyLost("The body did not come whole: " + e.getMessage(), e);
      } finally {
        waits(null);
      }
    }

    private synchronized void waits(@Nullable Thread thread) {
      if (thread != null) {
        since = System.nanoTime();
        reading.add(this);
      } else {
        reading.remove(this);
      }
      waiting = thread;
    }

    private synchronized void look(long now) {
      if (waiting != null && now - since > limit) {
        waiting.interrupt();
      }
    }

    @Override
    public void close() {
      // The exchange closes its body.
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
