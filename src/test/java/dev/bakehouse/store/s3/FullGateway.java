package dev.bakehouse.store.s3;

import dev.bakehouse.store.BlobStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// A server whose objects lie on a given disk.
public final class FullGateway implements AutoCloseable {
  private final GatewayS3 server;
  private final Path elsewhere;

  /// @param elsewhere for what is not to fill the disk
  public FullGateway(Path disk, Path elsewhere) throws Exception {
    this.server = new GatewayS3(disk.resolve("s3"), "caches");
    this.elsewhere = elsewhere;
  }

  public BlobStore store() throws Exception {
    return S3Store.of(
        "s3://caches/full?endpoint=http://127.0.0.1:" + server.port(),
        Optional.of(LocalS3.credentials(elsewhere, LocalS3.ID, LocalS3.SECRET)),
        Duration.ofMillis(1));
  }

  @Override
  public void close() {
    server.close();
  }
}
