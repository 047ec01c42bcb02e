package dev.bakehouse.store.s3;

import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.StoreContract;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/// The same store on another server: the header of checksums is understood here.
@Tag("registry")
class GatewayStoreTest extends StoreContract {
  @TempDir static Path dir;
  private static GatewayS3 server;
  private static final AtomicInteger PREFIXES = new AtomicInteger();

  @BeforeAll
  static void start() throws Exception {
    server = new GatewayS3(dir.resolve("s3"), "caches");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Override
  protected BlobStore empty() throws Exception {
    return S3Store.of(
        "s3://caches/t"
            + PREFIXES.incrementAndGet()
            + "?endpoint=http://127.0.0.1:"
            + server.port(),
        Optional.of(LocalS3.credentials(dir, LocalS3.ID, LocalS3.SECRET)),
        Duration.ofMillis(1));
  }
}
