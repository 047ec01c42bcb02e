package dev.bakehouse.oci;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import net.jpountz.xxhash.XXHashFactory;

/// `chunks.bin` beside a disk image: what its slices contain, so that nobody has to read the disk
/// to find a slice or block of it. Written record by record while slices are finished, which makes
/// it the journal of a transfer as well; a tail that was not written whole is passed over. It can
/// be made again from the disk at any time.
///
/// A record: kind, length of its body, body, XXH64 of the body. The seal says to which state of the
/// disk file (size, time of its last change) the records belong.
final class DiskRecord {
  static final String FILE = "chunks.bin";

  private static final int SLICE = 0x43494c53;
  private static final int SEAL = 0x4c414553;
  private static final int LARGEST = 1 << 17;
  private static final int FRAME = 16;

  private DiskRecord() {}

  /// A slice as the disk has it.
  ///
  /// @param blocks the XXH64 of each 64 KiB
  record Slice(long offset, long size, Digest content, long[] blocks) {}

  interface Reader {
    void slice(Slice slice) throws IOException;
  }

  /// Hands out the slices of an image's record, in the order written.
  ///
  /// @return whether the record is the disk's: sealed, and the disk was not written to since
  static boolean read(Path directory, Reader reader) throws IOException {
    return read(directory, disk(directory), reader);
  }

  /// The same for a disk that may lie elsewhere.
  static boolean read(Path directory, Path disk, Reader reader) throws IOException {
    return scan(directory, disk, reader).fits();
  }

  private static Path disk(Path directory) {
    return directory.resolve("disk.img");
  }

  /// @param end of the records that are whole
  private record Scan(boolean fits, long end) {}

  private static Scan scan(Path directory, Path disk, Reader reader) throws IOException {
    Path file = directory.resolve(FILE);
    if (!Files.exists(file)) {
      return new Scan(false, 0);
    }
    boolean fits = false;
    long end = 0;
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer head = buffer(8);
      while (fill(in, head)) {
        int kind = head.getInt();
        int length = head.getInt();
        ByteBuffer body = buffer(Math.clamp(length, 0, LARGEST) + 8);
        if (length != body.capacity() - 8 || !fill(in, body) || !whole(body, length)) {
          break;
        }
        if (kind == SLICE) {
          reader.slice(slice(body.limit(length)));
        } else if (kind == SEAL) {
          fits = body.limit(length).equals(stamp(disk));
        }
        end = in.position();
      }
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      return new Scan(false, end);
    }
    return new Scan(fits, end);
  }

  /// Whether the record is that of the disk as it is now.
  static boolean fits(Path directory) throws IOException {
    return read(directory, slice -> {});
  }

  /// Goes on after the last record that was written whole.
  static Writer append(Path directory) throws IOException {
    Writer writer = new Writer(directory);
    writer.out.truncate(scan(directory, disk(directory), slice -> {}).end());
    return writer;
  }

  static Writer fresh(Path directory) throws IOException {
    Files.deleteIfExists(directory.resolve(FILE));
    return new Writer(directory);
  }

  /// A new record of the disk as it is now.
  static Writer sealed(Path directory) throws IOException {
    Writer writer = fresh(directory);
    writer.seal();
    return writer;
  }

  /// Adds records. Safe for several threads.
  static final class Writer implements AutoCloseable {
    private final Path directory;
    private final FileChannel out;

    private Writer(Path directory) throws IOException {
      this.directory = directory;
      this.out =
          FileChannel.open(
              directory.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    void slice(Slice slice) throws IOException {
      if (slice.size() > TartManifest.SLICE) {
        return;
      }
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      Packed.word(body, slice.offset());
      Packed.word(body, slice.size());
      body.writeBytes(HexFormat.of().parseHex(slice.content().hex()));
      long[] blocks = slice.blocks();
      for (int i = 0; i < blocks.length; ) {
        int zeros = run(blocks, i, true);
        int data = run(blocks, i + zeros, false);
        Packed.number(body, zeros);
        Packed.number(body, data);
        for (int k = i + zeros; k < i + zeros + data; k++) {
          Packed.word(body, blocks[k]);
        }
        i += zeros + data;
      }
      add(SLICE, body.toByteArray());
    }

    /// Says that what was written so far is true of the disk as it is now.
    void seal() throws IOException {
      add(SEAL, stamp(disk(directory)).array());
    }

    private synchronized void add(int kind, byte[] body) throws IOException {
      ByteBuffer all = buffer(FRAME + body.length).putInt(kind).putInt(body.length).put(body);
      all.putLong(XXHashFactory.fastestInstance().hash64().hash(body, 0, body.length, 0)).flip();
      while (all.hasRemaining()) {
        out.write(all);
      }
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }

  private static int run(long[] blocks, int from, boolean zero) {
    int end = from;
    while (end < blocks.length && (blocks[end] == Blocks.ZERO) == zero) {
      end++;
    }
    return end - from;
  }

  private static Slice slice(ByteBuffer body) {
    long offset = body.getLong();
    long size = body.getLong();
    if (offset < 0 || size < 0 || size > TartManifest.SLICE) {
      throw new IllegalArgumentException("a slice of " + size + " bytes");
    }
    byte[] content = new byte[32];
    body.get(content);
    long[] blocks = new long[Blocks.count(size)];
    for (int at = 0; at < blocks.length; ) {
      int zeros = (int) Packed.number(body, blocks.length - at);
      Arrays.fill(blocks, at, at + zeros, Blocks.ZERO);
      at += zeros;
      int data = (int) Packed.number(body, blocks.length - at);
      if (zeros + data == 0) {
        throw new IllegalArgumentException("an empty run");
      }
      for (int k = 0; k < data; k++) {
        blocks[at++] = body.getLong();
      }
    }
    Digest digest = new Digest(HexFormat.of().formatHex(content));
    return digest.equals(TartManifest.ZERO_SLICE) && size == TartManifest.SLICE
        ? SliceReader.zeroSlice(offset)
        : new Slice(offset, size, digest, blocks);
  }

  private static ByteBuffer stamp(Path disk) throws IOException {
    return buffer(16)
        .putLong(Files.size(disk))
        .putLong(Files.getLastModifiedTime(disk).to(TimeUnit.NANOSECONDS))
        .flip();
  }

  private static boolean whole(ByteBuffer body, int length) {
    byte[] bytes = new byte[length];
    body.get(0, bytes);
    return XXHashFactory.fastestInstance().hash64().hash(bytes, 0, length, 0)
        == body.getLong(length);
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static boolean fill(FileChannel in, ByteBuffer buffer) throws IOException {
    buffer.clear();
    while (buffer.hasRemaining()) {
      if (in.read(buffer) < 0) {
        return false;
      }
    }
    buffer.flip();
    return true;
  }
}
