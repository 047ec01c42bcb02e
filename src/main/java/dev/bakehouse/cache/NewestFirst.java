package dev.bakehouse.cache;

import dev.bakehouse.store.BlobInfo;
import java.time.Duration;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// Saved caches, those saved last first, read only as far as they are taken. A blob is touched when
/// its cache is used, and never before it is saved: one that is older than what was read already
/// was not saved later.
final class NewestFirst implements Iterator<Entry> {
  /// By how much the clock that a manifest was written by may be ahead of the store's.
  private static final Duration APART = Duration.ofMinutes(1);

  private final Iterator<BlobInfo> unread;
  private final Function<BlobInfo, Optional<Entry>> read;
  private final PriorityQueue<Entry> found =
      new PriorityQueue<>(Comparator.comparing(Entry::created).reversed());
  private Optional<BlobInfo> next;

  private NewestFirst(List<BlobInfo> blobs, Function<BlobInfo, Optional<Entry>> read) {
    this.unread =
        blobs.stream().sorted(Comparator.comparing(BlobInfo::modified).reversed()).iterator();
    this.read = read;
    this.next = following();
  }

  /// @param read empty for what is none
  static Stream<Entry> of(List<BlobInfo> blobs, Function<BlobInfo, Optional<Entry>> read) {
    Iterable<Entry> entries = () -> new NewestFirst(blobs, read);
    return StreamSupport.stream(entries.spliterator(), false);
  }

  private Optional<BlobInfo> following() {
    return unread.hasNext() ? Optional.of(unread.next()) : Optional.empty();
  }

  @Override
  public boolean hasNext() {
    while (next.isPresent() && mayBeNewer(next.get())) {
      read.apply(next.get()).ifPresent(found::add);
      next = following();
    }
    return !found.isEmpty();
  }

  private boolean mayBeNewer(BlobInfo blob) {
    return found.isEmpty() || found.element().created().isBefore(blob.modified().plus(APART));
  }

  @Override
  public Entry next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return found.remove();
  }
}
