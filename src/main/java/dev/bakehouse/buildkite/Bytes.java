package dev.bakehouse.buildkite;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Bytes of an artifact on their way to a file. Jobs choose how many there are, so they are no more
/// than was announced, leave half of the free disk, and do not come for ever.
final class Bytes {
  private Bytes() {}

  /// @param size as announced; null where nobody said
  /// @param limit how long all may take
  static void write(InputStream in, Path to, @Nullable Long size, Duration limit)
      throws IOException {
    long room = Files.getFileStore(to.toAbsolutePath().getParent()).getUsableSpace() / 2;
    if (size != null && size > room) {
      throw new IOException("its " + size + " bytes are more than half of the free disk");
    }
    long most = size == null ? room : size;
    long count = 0;
    long end = System.nanoTime() + limit.toNanos();
    CompletableFuture<Void> late =
        new CompletableFuture<Void>()
            .completeOnTimeout(null, limit.toNanos(), TimeUnit.NANOSECONDS);
    CompletableFuture<Void> _ = late.thenRun(() -> close(in));
    try (OutputStream out = Files.newOutputStream(to)) {
      byte[] buffer = new byte[1 << 16];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        count += read;
        if (count > most) {
          throw new IOException("it has more bytes than the " + most + " that may come");
        }
        out.write(buffer, 0, read);
      }
    } catch (IOException e) {
      throw System.nanoTime() - end >= 0
          ? new IOException("it took more than " + limit.toSeconds() + " s", e)
          : e;
    } finally {
      late.cancel(false);
    }
    if (size != null && size != count) {
      throw new IOException("it ended after " + count + " of " + size + " bytes");
    }
  }

  private static void close(InputStream in) {
    try {
      in.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
