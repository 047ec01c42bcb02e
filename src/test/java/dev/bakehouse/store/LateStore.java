package dev.bakehouse.store;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// A store as a host sees it whose view is late: what others published or deleted is as it was when
/// the host last looked. What it does itself it does at once, to the real store.
public final class LateStore implements BlobStore {
  private final BlobStore real;
  private final Map<String, BlobInfo> seen = new LinkedHashMap<>();

  public LateStore(BlobStore real) throws IOException {
    this.real = real;
    catchUp(_ -> true);
  }

  /// Brings the view of some keys up to date.
  public void catchUp(Predicate<String> keys) throws IOException {
    seen.keySet().removeIf(keys);
    real.list("").stream()
        .filter(blob -> keys.test(blob.key()))
        .forEach(blob -> seen.put(blob.key(), blob));
  }

  @Override
  public String url() {
    return real.url();
  }

  @Override
  public Upload upload() throws IOException {
    return real.upload();
  }

  @Override
  public Optional<BlobInfo> stat(String key) {
    return Optional.ofNullable(seen.get(key));
  }

  /// What is seen and gone can not be opened: its handle is stale.
  @Override
  public Optional<SeekableByteChannel> open(String key) throws IOException {
    return seen.containsKey(key) ? real.open(key) : Optional.empty();
  }

  @Override
  public List<BlobInfo> list(String prefix) {
    return seen.values().stream()
        .filter(blob -> prefix.isEmpty() || blob.key().startsWith(prefix + "/"))
        .toList();
  }

  @Override
  public boolean delete(String key) throws IOException {
    return real.delete(key);
  }

  @Override
  public void touch(String key) throws IOException {
    real.touch(key);
  }

  @Override
  public int deleteAbandoned(Instant before) throws IOException {
    return real.deleteAbandoned(before);
  }
}
