package dev.bakehouse.oci;

import dev.bakehouse.platform.Digests;
import dev.bakehouse.platform.Uncached;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/// Takes a slice's bytes in their order, hashes them and puts them in their place on the disk, in
/// pieces of 1 MiB. Blocks of zeros are written only where an interrupted attempt left other bytes.
final class SliceWriter implements AppleLz4Reader.Sink {
  private static final int PIECE = 1 << 20;
  private static final ThreadLocal<ByteBuffer> BUFFER =
      ThreadLocal.withInitial(
          () ->
              ByteBuffer.allocateDirect(PIECE + Uncached.ALIGNMENT)
                  .alignedSlice(Uncached.ALIGNMENT));

  private final DiskTarget target;
  private final long offset;
  private final long size;
  private final boolean fresh;
  private final MessageDigest content = Digests.sha256();
  private final Blocks blocks;
  private final ByteBuffer buffer = BUFFER.get();
  private long at;

  /// For one thread, which must finish a slice before it begins another.
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
      target.write(buffer.flip(), offset + at - n);
      buffer.clear().limit(PIECE);
    }
  }

  /// @return what the slice is, as far as it came
  DiskRecord.Slice finish() throws IOException {
    flush();
    return new DiskRecord.Slice(offset, at, Digest.finish(content), blocks.finish());
  }
}
