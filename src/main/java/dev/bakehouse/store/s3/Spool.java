package dev.bakehouse.store.s3;

import dev.bakehouse.platform.ChannelRange;
import dev.bakehouse.platform.Digests;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Bytes on their way to a bucket, kept so that they can be sent again: in memory up to a limit,
/// then in a file without a name, which no killed process leaves behind.
final class Spool extends OutputStream {
  private final int limit;
  private final MessageDigest digest = Digests.sha256();
  private byte[] memory = new byte[1 << 13];
  private int held;
  private long size;
  private @Nullable FileChannel file;

  Spool(int limit) {
    this.limit = limit;
  }

  long size() {
    return size;
  }

  /// Of all bytes written; asked once, when there are no more.
  byte[] sha256() {
    return digest.digest();
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int count) throws IOException {
    digest.update(bytes, from, count);
    FileChannel spilled = file;
    if (spilled == null && size + count > limit) {
      spilled = spill();
    }
    if (spilled != null) {
      put(spilled, ByteBuffer.wrap(bytes, from, count));
    } else {
      if (held + count > memory.length) {
        memory = Arrays.copyOf(memory, Math.min(limit, Math.max(held + count, memory.length * 2)));
      }
      System.arraycopy(bytes, from, memory, held, count);
      held += count;
    }
    size += count;
  }

  /// A range of what was written; any number may be read at once.
  InputStream range(long from, long count) {
    FileChannel spilled = file;
    return spilled == null
        ? new ByteArrayInputStream(memory, (int) from, (int) count)
        : new ChannelRange(spilled, from, from + count);
  }

  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
    }
  }

  private FileChannel spill() throws IOException {
    Path place =
        Path.of(System.getProperty("java.io.tmpdir"), "bakehouse-upload-" + UUID.randomUUID());
    FileChannel spilled =
        FileChannel.open(
            place,
            EnumSet.of(
                StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.delete(place);
    file = spilled;
    put(spilled, ByteBuffer.wrap(memory, 0, held));
    memory = new byte[0];
    return spilled;
  }

  private static void put(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
