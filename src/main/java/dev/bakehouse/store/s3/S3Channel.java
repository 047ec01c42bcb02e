package dev.bakehouse.store.s3;

import dev.bakehouse.platform.Sha256;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.OtherBytes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.util.HexFormat;
import java.util.Optional;

/// Reads one version of an object by ranges.
///
/// Opening is a request that brings the first 64 KiB along: of a small blob that is all there is,
/// and its checksum is checked at once. A read at least as long as the read-ahead is one request; a
/// shorter one fetches ahead, twice as much each time while reads follow each other.
final class S3Channel implements SeekableByteChannel {
  private static final int FIRST = 64 << 10;
  private static final int MOST = 8 << 20;

  private final Ranges ranges;
  private final BlobInfo info;
  private final long size;
  private ByteBuffer ahead;
  private long aheadFrom;
  private int window = FIRST;
  private long position;
  private boolean open = true;

  private S3Channel(Ranges ranges, BlobInfo info, ByteBuffer start) {
    this.ranges = ranges;
    this.info = info;
    this.size = info.size();
    this.ahead = start;
  }

  static Optional<S3Channel> open(Bucket bucket, String key) throws IOException {
    ByteBuffer start = ByteBuffer.allocate(FIRST);
    Optional<Ranges.Start> answer = Ranges.first(bucket, key, 0, start);
    if (answer.isEmpty()) {
      return Optional.empty();
    }
    start.flip();
    BlobInfo info = answer.get().info(key);
    if (start.remaining() == info.size()) {
      check(bucket, key, answer.get().sha256(), start);
    }
    Ranges ranges = new Ranges(bucket, key, answer.get().version());
    return Optional.of(new S3Channel(ranges, info, start));
  }

  BlobInfo info() {
    return info;
  }

  private static void check(Bucket bucket, String key, String saved, ByteBuffer all)
      throws IOException {
    byte[] digest = Sha256.of(MemorySegment.ofBuffer(all));
    if (!saved.isEmpty() && !saved.equals(HexFormat.of().formatHex(digest))) {
      throw new OtherBytes(
          "Could not read "
              + key
              + " in "
              + bucket.location.url()
              + ": its bytes are not those that were saved. Delete it and save again.");
    }
  }

  @Override
  public int read(ByteBuffer to) throws IOException {
    insistOpen();
    if (position >= size) {
      return to.hasRemaining() ? -1 : 0;
    }
    int start = to.position();
    while (to.hasRemaining() && position < size) {
      long offset = position - aheadFrom;
      if (offset >= 0 && offset < ahead.limit()) {
        int count = (int) Math.min(to.remaining(), ahead.limit() - offset);
        to.put(ahead.slice((int) offset, count));
        position += count;
      } else {
        fetch(to, offset == ahead.limit());
      }
    }
    return to.position() - start;
  }

  /// What a read wants goes where it belongs when it is much, else it is fetched ahead.
  private void fetch(ByteBuffer to, boolean follows) throws IOException {
    window = follows ? Math.min(MOST, window * 2) : FIRST;
    int wanted = (int) Math.min(to.remaining(), size - position);
    if (wanted >= window) {
      ranges.read(position, to.slice(to.position(), wanted));
      to.position(to.position() + wanted);
      position += wanted;
      aheadFrom = position;
      ahead = ByteBuffer.allocate(0);
    } else {
      ByteBuffer next = ByteBuffer.allocate((int) Math.min(window, size - position));
      ranges.read(position, next);
      ahead = next.flip();
      aheadFrom = position;
    }
  }

  @Override
  public long position() throws IOException {
    insistOpen();
    return position;
  }

  @Override
  public SeekableByteChannel position(long newPosition) throws IOException {
    insistOpen();
    if (newPosition < 0) {
      throw new IllegalArgumentException("a position below zero: " + newPosition);
    }
    position = newPosition;
    return this;
  }

  @Override
  public long size() throws IOException {
    insistOpen();
    return size;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() {
    open = false;
  }

  @Override
  public int write(ByteBuffer from) {
    throw new NonWritableChannelException();
  }

  @Override
  public SeekableByteChannel truncate(long newSize) {
    throw new NonWritableChannelException();
  }

  private void insistOpen() throws ClosedChannelException {
    if (!open) {
      throw new ClosedChannelException();
    }
  }
}
