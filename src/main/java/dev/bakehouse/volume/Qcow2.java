package dev.bakehouse.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// Reads a disk in QEMU's format, without QEMU: images as QEMU itself writes them, so neither
/// compressed nor encrypted clusters nor external data. Written after QEMU's
/// docs/interop/qcow2.txt.
final class Qcow2 implements Blocks {
  private static final int MAGIC = 0x514649fb;
  private static final int HEADER = 104;
  private static final long OFFSET = 0x00ff_ffff_ffff_fe00L;
  private static final long COMPRESSED = 1L << 62;
  private static final long ZERO = 1;

  /// Of the incompatible features only "dirty" changes nothing for a reader: it is about reference
  /// counts.
  private static final long DIRTY = 1;

  /// 512 GB of usual clusters: what the tables may take up in memory follows from it.
  private static final long MOST_CLUSTERS = 1L << 23;

  private final FileChannel channel;
  private final @Nullable Qcow2 below;
  private final int clusterBits;
  private final long size;
  private final long[] l1;
  private final AtomicReferenceArray<long @Nullable []> l2;

  private Qcow2(FileChannel channel, @Nullable Qcow2 below, String file, String belowName)
      throws IOException {
    this.channel = channel;
    this.below = below;
    ByteBuffer header = bytes(0, HEADER);
    int version = header.getInt(4);
    clusterBits = header.getInt(20);
    size = header.getLong(24);
    int l1Size = header.getInt(36);
    boolean known =
        header.getInt(0) == MAGIC
            && (version == 2 || version == 3)
            && clusterBits >= 9
            && clusterBits <= 21
            && header.getInt(32) == 0
            && (version == 2 || (header.getLong(72) & ~DIRTY) == 0);
    long covered = 1L << (2 * clusterBits - 3);
    boolean bounded = size >= 0 && size >> clusterBits <= MOST_CLUSTERS;
    if (!known || !bounded || l1Size < Math.ceilDiv(size, covered)) {
      throw new Unreadable(file + " is no disk that can be read");
    }
    l1 = longs(header.getLong(40), Math.toIntExact(Math.ceilDiv(size, covered)));
    l2 = new AtomicReferenceArray<>(l1.length);
    String backing = backing(header);
    if (!backing.equals(belowName)) {
      throw new Unreadable(file + " stands on `" + backing + "` and not on `" + belowName + "`");
    }
  }

  static Qcow2 open(List<Path> layers) throws IOException {
    Qcow2 top = null;
    String below = "";
    for (Path layer : layers) {
      FileChannel channel = FileChannel.open(layer, StandardOpenOption.READ);
      String name = String.valueOf(layer.getFileName());
      try {
        top = new Qcow2(channel, top, name, below);
      } catch (IOException | RuntimeException e) {
        channel.close();
        if (top != null) {
          top.close();
        }
        throw e instanceof IOException io ? io : new Unreadable(name + ": " + e, e);
      }
      below = name;
    }
    if (top == null) {
      throw new Unreadable("a volume without a disk");
    }
    return top;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void read(long offset, ByteBuffer into) throws IOException {
    if (offset < 0 || into.remaining() > size - offset) {
      throw new Unreadable("byte " + offset + " is beyond the disk");
    }
    long cluster = 1L << clusterBits;
    long at = offset;
    int end = into.limit();
    while (into.position() < end) {
      long inside = at & (cluster - 1);
      int count = (int) Math.min(end - into.position(), cluster - inside);
      into.limit(into.position() + count);
      part(at, inside, into);
      into.limit(end);
      at += count;
    }
  }

  /// What lies within one cluster.
  private void part(long at, long inside, ByteBuffer into) throws IOException {
    long entry = entry(at);
    if ((entry & COMPRESSED) != 0) {
      throw new Unreadable("a compressed cluster at byte " + at);
    }
    long place = entry & OFFSET;
    if ((entry & ZERO) == 0 && place != 0) {
      Blocks.fill(channel, place + inside, into);
    } else if ((entry & ZERO) == 0 && below != null && at < below.size) {
      below.read(at, into);
    } else {
      into.put(new byte[into.remaining()]);
    }
  }

  private long entry(long at) throws IOException {
    int perTable = clusterBits - 3;
    int index = (int) (at >>> (clusterBits + perTable));
    long table = l1[index] & OFFSET;
    if (table == 0) {
      return 0;
    }
    long[] entries = l2.get(index);
    if (entries == null) {
      entries = longs(table, 1 << perTable);
      l2.set(index, entries);
    }
    return entries[(int) (at >>> clusterBits) & ((1 << perTable) - 1)];
  }

  private String backing(ByteBuffer header) throws IOException {
    long offset = header.getLong(8);
    int length = header.getInt(16);
    if (offset == 0) {
      return "";
    }
    if (length < 0 || length > 1023) {
      throw new Unreadable("the name of a backing file has " + length + " bytes");
    }
    return new String(bytes(offset, length).array(), StandardCharsets.UTF_8);
  }

  private long[] longs(long offset, int count) throws IOException {
    long[] values = new long[count];
    bytes(offset, Math.multiplyExact(count, Long.BYTES)).asLongBuffer().get(values);
    return values;
  }

  private ByteBuffer bytes(long offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.BIG_ENDIAN);
    Blocks.fill(channel, offset, buffer);
    return buffer.flip();
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      if (below != null) {
        below.close();
      }
    }
  }
}
