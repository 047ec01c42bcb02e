package dev.bakehouse.oci;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/// A blob's bytes across broken or stalled connections: it goes on by range where it stopped.
final class ResumingBlob extends InputStream {
  private static final int BREAKS_WITHOUT_PROGRESS = 4;
  private static final Duration STALL = Duration.ofSeconds(60);

  private final LongFunction<Answer> open;
  private volatile @Nullable InputStream current;
  private volatile long lastByte = System.nanoTime();
  private volatile boolean closed;
  private volatile boolean reading;
  private long at;
  private int breaks;

  /// @param open asks for the blob from an offset on
  ResumingBlob(LongFunction<Answer> open, long from) {
    this.open = open;
    this.at = from;
    watch();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    while (true) {
      InputStream in = current;
      if (in == null) {
        in = connect();
        current = in;
      }
      try {
        lastByte = System.nanoTime();
        reading = true;
        int n = in.read(target, offset, length);
        if (n > 0) {
          at += n;
          breaks = 0;
        }
        return n;
      } catch (IOException e) {
        current = null;
        if (++breaks > BREAKS_WITHOUT_PROGRESS || Thread.currentThread().isInterrupted()) {
          throw e;
        }
      } finally {
        reading = false;
      }
    }
  }

  private InputStream connect() throws IOException {
    Answer answer = open.apply(at);
    if (answer.status() == 200) {
      answer.body().skipNBytes(at);
    }
    return answer.body();
  }

  /// The JDK's client has no deadline for the bytes of a body; closing it ends a read that hangs.
  private void watch() {
    CompletableFuture.delayedExecutor(STALL.toMillis() / 4, TimeUnit.MILLISECONDS)
        .execute(
            () -> {
              InputStream in = current;
              if (reading && in != null && System.nanoTime() - lastByte > STALL.toNanos()) {
                closeQuietly(in);
              }
              if (!closed) {
                watch();
              }
            });
  }

  private static void closeQuietly(InputStream in) {
    try {
      in.close();
    } catch (IOException e) {
      // The read that hangs will tell.
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    InputStream in = current;
    if (in != null) {
      in.close();
    }
  }
}
