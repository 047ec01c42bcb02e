package dev.bakehouse.cache;

import dev.bakehouse.cache.CacheStore.TarWriter;
import dev.bakehouse.platform.BulkInput;
import dev.bakehouse.platform.Threads;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.util.concurrent.CompletableFuture;

/// Turns a writer into a stream that fails, instead of ending, when the writer fails.
final class Pump extends BulkInput {
  private final InputStream in;
  private final CompletableFuture<Void> writer = new CompletableFuture<>();

  private Pump(InputStream in) {
    this.in = in;
  }

  /// Starts the writer on a thread of its own.
  static Pump start(TarWriter tar) throws IOException {
    Pipe pipe = Pipe.open();
    Pump pump = new Pump(Channels.newInputStream(pipe.source()));
    Thread.ofPlatform()
        .daemon()
        .name("cache-pump")
        .start(
            () -> {
              try (OutputStream out =
                  new BufferedOutputStream(Channels.newOutputStream(pipe.sink()), 1 << 16)) {
                tar.writeTo(out);
                out.flush();
                pump.writer.complete(null);
              } catch (Throwable e) {
                // Whoever reads waits for an answer, whatever it is.
                pump.writer.completeExceptionally(e);
              }
            });
    return pump;
  }

  @Override
  public int read(byte[] buffer, int from, int length) throws IOException {
    int count = in.read(buffer, from, length);
    if (count < 0) {
      Threads.get(writer);
    }
    return count;
  }

  /// Makes a writer that still writes fail.
  @Override
  public void close() throws IOException {
    in.close();
  }
}
