package dev.bakehouse.oci;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// An answer's body whose reads end with an error when no byte comes for a while. The JDK's client
/// has no deadline for the bytes of a body; closing it ends a read that hangs.
final class WatchedBody extends FilterInputStream {
  private static final long IDLE = Long.MIN_VALUE;

  private final Duration stall;
  private volatile long since = IDLE;
  private volatile boolean over;
  private volatile boolean stalled;

  WatchedBody(InputStream body, Duration stall) {
    super(body);
    this.stall = stall;
    watch(new WeakReference<>(this));
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    since = System.nanoTime();
    try {
      int n = in.read(target, offset, length);
      over |= n < 0;
      return n;
    } catch (IOException e) {
      throw stalled ? new IOException("no byte came for " + text(stall), e) : e;
    } finally {
      since = IDLE;
    }
  }

  @Override
  public void close() throws IOException {
    over = true;
    in.close();
  }

  static String text(Duration duration) {
    return duration.toMillis() / 1000.0 + " s";
  }

  private static void watch(WeakReference<WatchedBody> reference) {
    WatchedBody body = reference.get();
    if (body == null) {
      return;
    }
    CompletableFuture.delayedExecutor(body.stall.toMillis() / 4 + 1, TimeUnit.MILLISECONDS)
        .execute(
            () -> {
              WatchedBody watched = reference.get();
              if (watched != null && !watched.over) {
                watched.check();
                watch(reference);
              }
            });
  }

  private void check() {
    long begun = since;
    if (begun != IDLE && System.nanoTime() - begun > stall.toNanos()) {
      stalled = true;
      over = true;
      try {
        in.close();
      } catch (IOException e) {
        // The read that hangs will tell.
      }
    }
  }
}
