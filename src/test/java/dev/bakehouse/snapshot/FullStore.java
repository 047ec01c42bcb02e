package dev.bakehouse.snapshot;

import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.Upload;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.SeekableByteChannel;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/// A store with room for so many more blobs.
final class FullStore implements BlobStore {
  private final BlobStore blobs;
  private final AtomicInteger left;

  FullStore(BlobStore blobs, int allowed) {
    this.blobs = blobs;
    this.left = new AtomicInteger(allowed);
  }

  @Override
  public Upload upload() throws IOException {
    Upload upload = blobs.upload();
    return new Upload() {
      @Override
      public OutputStream stream() {
        return upload.stream();
      }

      @Override
      public void publish(String key) throws IOException {
        take();
        upload.publish(key);
      }

      private void take() throws IOException {
        if (left.getAndDecrement() <= 0) {
          throw new IOException("No space left on device");
        }
      }

      @Override
      public void close() throws IOException {
        upload.close();
      }
    };
  }

  @Override
  public String url() {
    return blobs.url();
  }

  @Override
  public Optional<BlobInfo> stat(String key) throws IOException {
    return blobs.stat(key);
  }

  @Override
  public Optional<SeekableByteChannel> open(String key) throws IOException {
    return blobs.open(key);
  }

  @Override
  public List<BlobInfo> list(String prefix) throws IOException {
    return blobs.list(prefix);
  }

  @Override
  public boolean delete(String key) throws IOException {
    return blobs.delete(key);
  }

  @Override
  public void touch(String key) throws IOException {
    blobs.touch(key);
  }

  @Override
  public int deleteAbandoned(Instant before) throws IOException {
    return blobs.deleteAbandoned(before);
  }
}
