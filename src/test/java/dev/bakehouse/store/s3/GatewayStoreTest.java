package dev.bakehouse.store.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Poll;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.StoreContract;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
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

  /// A copy onto itself leaves an object's time as it was here.
  @Test
  void touchMakesABlobYoung() throws Exception {
    BlobStore store = empty();
    publish(store, "k", "x");
    Instant before = store.stat("k").orElseThrow().modified();

    Instant after =
        Poll.until(
            "a touch in a later second",
            Duration.ofSeconds(10),
            () -> {
              store.touch("k");
              return store.stat("k").map(BlobInfo::modified).filter(before::isBefore);
            });

    assertThat(after).isAfter(before);
    assertThat(read(store, "k")).isEqualTo("x");
    assertThat(store.list("")).hasSize(1);
    assertThat(store.deleteAbandoned(Instant.now().plusSeconds(60))).isZero();
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
