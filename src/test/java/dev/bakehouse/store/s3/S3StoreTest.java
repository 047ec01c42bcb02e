package dev.bakehouse.store.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.StoreContract;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class S3StoreTest extends StoreContract {
  @TempDir static Path dir;
  private static LocalS3 server;
  private static final AtomicInteger PREFIXES = new AtomicInteger();

  @BeforeAll
  static void start() throws Exception {
    server = new LocalS3(dir.resolve("s3"));
    server.makeBucket("caches");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static BlobStore at(int port, String prefix) throws Exception {
    return S3Store.of(
        "s3://caches/" + prefix + "?endpoint=http://127.0.0.1:" + port,
        Optional.of(LocalS3.credentials(dir, LocalS3.ID, LocalS3.SECRET)),
        Duration.ofMillis(1));
  }

  @Override
  protected BlobStore empty() throws Exception {
    return at(server.port(), "of/test-" + PREFIXES.incrementAndGet());
  }

  @Test
  void aListOfMoreThanAPageIsWhole() throws IOException {
    for (int i = 0; i < 1010; i++) {
      publish(store(), "many/" + i, "x");
    }

    assertThat(store().list("many"))
        .extracting(BlobInfo::key)
        .doesNotHaveDuplicates()
        .hasSize(1010);
  }
}
