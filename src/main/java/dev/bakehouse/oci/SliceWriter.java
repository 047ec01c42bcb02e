package dev.bakehouse.oci;

import dev.bakehouse.platform.Sha256;
import dev.bakehouse.platform.Uncached;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/// Takes a slice's bytes in their order, hashes them and puts them in their place on the disk, in
/// pieces of 1 MiB, one of which is written while the next comes. Blocks of zeros are written only
/// where an interrupted attempt left other bytes.
final class SliceWriter implements AppleLz4Reader.Sink, AutoCloseable {
  private static final int PIECE = 1 << 20;
  private static final ThreadLocal<Pair> BUFFERS =
      ThreadLocal.withInitial(() -> new Pair(aligned(), aligned()));

  private final DiskTarget target;
  private final long offset;
  private final long size;
  private final boolean fresh;
  private final MessageDigest content = Sha256.bulk();
  private final Blocks blocks;
  private ByteBuffer buffer = BUFFERS.get().one();
  private ByteBuffer spare = BUFFERS.get().other();
  private Optional<CompletableFuture<?>> writing = Optional.empty();
  private long at;

  private record Pair(ByteBuffer one, ByteBuffer other) {}

  /// For one thread, which must close one before it makes another.
  ///
  /// @param offset of the slice on the disk
  SliceWriter(DiskTarget target, long offset, long size) throws IOException {
    this.target = target;
    this.offset = offset;
    this.size = size;
    this.fresh = !target.touched(offset, size);
    this.blocks = new Blocks(size);
    buffer.clear().limit(PIECE);
  }

  @Override
  public void accept(byte[] bytes, int from, int length) throws IOException {
    hash(bytes, from, length);
    for (int done = 0; done < length; ) {
      int n = (int) Math.min(Blocks.SIZE - at % Blocks.SIZE, length - done);
      put(bytes, from + done, n);
      done += n;
      at += n;
    }
  }

  /// Bytes that are in their place.
  void keep(byte[] bytes, int from, int length) throws IOException {
    hash(bytes, from, length);
    flush();
    at += length;
  }

  private void hash(byte[] bytes, int from, int length) throws IOException {
    if (at + length > size) {
      throw new AppleLz4Reader.BadFrame("more than " + size + " bytes");
    }
    content.update(bytes, from, length);
    blocks.update(bytes, from, length);
  }

  private void put(byte[] bytes, int from, int length) throws IOException {
    boolean zero = length == Blocks.SIZE && AppleLz4Writer.isZero(bytes, from, length);
    if (zero && (fresh || !target.touched(offset + at, length))) {
      flush();
      return;
    }
    if (buffer.remaining() < length) {
      flush();
    }
    buffer.put(bytes, from, length);
  }

  private void flush() throws IOException {
    int n = buffer.position();
    if (n > 0) {
      written();
      writing = Optional.of(target.writeBehind(buffer.flip(), offset + at - n));
      ByteBuffer full = buffer;
      buffer = spare.clear().limit(PIECE);
      spare = full;
    }
  }

  /// Waits for what is being written.
  private void written() throws IOException {
    Optional<CompletableFuture<?>> last = writing;
    writing = Optional.empty();
    try {
      last.ifPresent(CompletableFuture::join);
    } catch (CompletionException e) {
      throw new IOException("could not write the disk image: " + e.getCause(), e);
    }
  }

  /// @return what the slice is, as far as it came
  DiskRecord.Slice finish() throws IOException {
    flush();
    written();
    return new DiskRecord.Slice(offset, at, Digest.finish(content), blocks.finish());
  }

  private static ByteBuffer aligned() {
    return ByteBuffer.allocateDirect(PIECE + Uncached.ALIGNMENT).alignedSlice(Uncached.ALIGNMENT);
  }

  /// Returns when nothing of it is being written any more.
  @Override
  public void close() throws IOException {
    written();
  }
}
