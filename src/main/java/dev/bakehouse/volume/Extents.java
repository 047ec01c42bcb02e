package dev.bakehouse.volume;

import dev.bakehouse.platform.BulkInput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The bytes of one file of an [Ext4].
final class Extents extends BulkInput {
  private static final int MAGIC = 0xf30a;
  private static final int DEEPEST = 5;

  /// No file of a cache comes near; a hostile one must not fill the memory.
  private static final int MOST = 1 << 18;

  private static final int MOST_NODES = 1 << 13;

  /// A run of blocks.
  ///
  /// @param from first block of the file
  /// @param place block on the disk; -1 for zeros
  private record Run(long from, int count, long place) {}

  private final Ext4 fs;
  private final List<Run> runs = new ArrayList<>();
  private final long size;
  private long at;
  private int run;
  private int nodes;

  /// @throws IOException when the inode holds nothing that can be read
  Extents(Ext4 fs, Ext4.Inode inode) throws IOException {
    this.fs = fs;
    this.size = inode.size();
    if (!inode.readable() || !inode.extents() || size < 0) {
      throw new Unreadable("inode " + inode.number() + " is stored in a way that is not known");
    }
    collect(inode.area(), -1);
  }

  /// @param depth what the header must say; -1 for the root, which may say anything
  private void collect(ByteBuffer node, int depth) throws IOException {
    int entries = node.getShort(2) & 0xffff;
    int own = node.getShort(6) & 0xffff;
    boolean sane =
        (node.getShort(0) & 0xffff) == MAGIC
            && own <= DEEPEST
            && nodes++ < MOST_NODES
            && (depth < 0 || own == depth)
            && entries <= (node.capacity() - 12) / 12
            && runs.size() + entries <= MOST;
    if (!sane) {
      throw new Unreadable("a file's extents are nonsense");
    }
    for (int i = 0; i < entries; i++) {
      int base = 12 + 12 * i;
      long from = Ext4.unsigned(node.getInt(base));
      if (own > 0) {
        long child =
            Ext4.unsigned(node.getInt(base + 4)) | (long) (node.getShort(base + 8) & 0xffff) << 32;
        collect(fs.block(child), own - 1);
      } else {
        add(from, node.getShort(base + 4) & 0xffff, node.getInt(base + 8), node.getShort(base + 6));
      }
    }
  }

  private void add(long from, int length, int low, short high) throws IOException {
    boolean unwritten = length > 32768;
    int count = unwritten ? length - 32768 : length;
    long place = Ext4.unsigned(low) | (long) (high & 0xffff) << 32;
    long end = runs.isEmpty() ? 0 : runs.getLast().from() + runs.getLast().count();
    if (count == 0 || from < end || (!unwritten && place > fs.blocks() - count)) {
      throw new Unreadable("a file's extents are nonsense");
    }
    runs.add(new Run(from, count, unwritten ? -1 : place));
  }

  /// Starts over at an offset.
  void seek(long offset) {
    at = offset;
    run = 0;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (at >= size) {
      return -1;
    }
    int blockSize = fs.blockSize();
    long block = at / blockSize;
    while (run < runs.size() && runs.get(run).from() + runs.get(run).count() <= block) {
      run++;
    }
    boolean hole = run == runs.size() || runs.get(run).from() > block;
    long end =
        hole
            ? run == runs.size() ? size : Math.min(size, runs.get(run).from() * blockSize)
            : Math.min(size, (runs.get(run).from() + runs.get(run).count()) * blockSize);
    int count = (int) Math.min(length, end - at);
    if (hole || runs.get(run).place() < 0) {
      Arrays.fill(buffer, offset, offset + count, (byte) 0);
    } else {
      Run here = runs.get(run);
      ByteBuffer into = ByteBuffer.wrap(buffer, offset, count).order(ByteOrder.LITTLE_ENDIAN);
      fs.read(here.place() + block - here.from(), (int) (at % blockSize), into);
    }
    at += count;
    return count;
  }
}
