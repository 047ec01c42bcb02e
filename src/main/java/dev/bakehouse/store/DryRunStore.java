package dev.bakehouse.store;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A store as it would be without what was deleted here; nothing is. Unfinished uploads are not
/// counted.
public final class DryRunStore implements BlobStore {
  private final BlobStore real;
  private final Set<String> deleted = new HashSet<>();

  public DryRunStore(BlobStore real) {
    this.real = real;
  }

  @Override
  public String url() {
    return real.url();
  }

  @Override
  public Upload upload() {
    throw new IllegalStateException("a dry run writes nothing");
  }

  @Override
  public Optional<BlobInfo> stat(String key) throws IOException {
    return deleted.contains(key) ? Optional.empty() : real.stat(key);
  }

  @Override
  public Optional<SeekableByteChannel> open(String key) throws IOException {
    return deleted.contains(key) ? Optional.empty() : real.open(key);
  }

  @Override
  public List<BlobInfo> list(String prefix) throws IOException {
    return real.list(prefix).stream().filter(blob -> !deleted.contains(blob.key())).toList();
  }

  @Override
  public boolean deletes() {
    return real.deletes();
  }

  @Override
  public boolean delete(String key) throws IOException {
    return real.deletes() && stat(key).isPresent() && deleted.add(key);
  }

  @Override
  public void touch(String key) {
    throw new IllegalStateException("a dry run writes nothing");
  }

  @Override
  public Optional<Instant> now() throws IOException {
    return real.now();
  }

  @Override
  public int deleteAbandoned(Instant before) {
    return 0;
  }
}
