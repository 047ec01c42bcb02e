package dev.bakehouse.coordinator;

import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// How much of request bodies may be in memory at once, over all requests. Small bodies are free;
/// when large ones come faster than they are answered, some wait and then are told to try again.
final class BodyBudget {
  private static final int BLOCK = 64 << 10;
  private static final int KIB = 1 << 10;
  private static final int BUDGET = (96 << 20) / KIB;
  private static final int SMALL = 4 << 10;
  private static final int WAIT_SECONDS = 5;

  private final Semaphore free = new Semaphore(BUDGET);
  private final long patience;

  BodyBudget() {
    this(Duration.ofMinutes(2));
  }

  /// @param patience how long a whole body may take: what comes slowly keeps others out
  BodyBudget(Duration patience) {
    this.patience = patience.toNanos();
  }

  Lease lease() {
    return new Lease();
  }

  /// What one request has of it, until it is answered.
  final class Lease implements AutoCloseable {
    private int held;

    /// A body that is given up when it takes too long.
    InputStream timely(InputStream body) {
      long begun = System.nanoTime();
      return new FilterInputStream(body) {
        @Override
        public int read() throws IOException {
          insist();
          return super.read();
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
          insist();
          return super.read(buffer, offset, length);
        }

        private void insist() {
          if (System.nanoTime() - begun > patience) {
            throw new HttpError(408, "The body took too long to come; try again");
          }
        }
      };
    }

    /// Reads all, up to the limit.
    ///
    /// @param weight how many bytes of memory a byte of the body stands for
    byte[] read(InputStream in, int limit, int weight) throws IOException {
      ByteArrayOutputStream all = new ByteArrayOutputStream(1024);
      byte[] block = in.readNBytes(BLOCK);
      while (block.length > 0) {
        if (all.size() + block.length > limit) {
          throw new HttpError(413, "The body is larger than " + limit + " bytes");
        }
        if (all.size() + block.length > SMALL) {
          take(weight * Math.ceilDiv(block.length, KIB));
        }
        all.write(block, 0, block.length);
        block = in.readNBytes(BLOCK);
      }
      return all.toByteArray();
    }

    private void take(int count) {
      try {
        if (!free.tryAcquire(count, WAIT_SECONDS, TimeUnit.SECONDS)) {
          throw new HttpError(503, "Too many large requests at once; try again");
        }
        held += count;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new HttpError(503, "The coordinator is ending; try again");
      }
    }

    @Override
    public void close() {
      free.release(held);
    }
  }
}
