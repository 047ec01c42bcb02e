package dev.bakehouse.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/// An ext4 file system that a guest made and left, read without trusting a byte of it: nothing is
/// mounted, every number is checked before it is used. Layout: the kernel's
/// Documentation/filesystems/ext4.
final class Ext4 {
  private static final int SUPERBLOCK = 1024;
  private static final int MAGIC = 0xef53;
  private static final int RECOVER = 0x4;

  /// Of the state: the kernel found it damaged.
  private static final int ERRORS = 0x2;

  private static final int EXTENTS = 0x40;
  private static final int WIDE = 0x80;

  /// filetype, extents, 64bit, flex_bg, csum_seed, largedir.
  private static final int KNOWN = 0x2 | EXTENTS | WIDE | 0x200 | 0x2000 | 0x4000;

  private static final int ROOT = 2;

  private final Blocks disk;
  private final int blockSize;
  private final long blocks;
  private final int inodes;
  private final int inodesPerGroup;
  private final int inodeSize;
  private final int descriptorSize;
  private final long descriptors;

  /// @throws IOException when it is none, needs recovery, or uses what this does not know
  Ext4(Blocks disk) throws IOException {
    this.disk = disk;
    ByteBuffer sb = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
    disk.read(SUPERBLOCK, sb);
    sb.flip();
    int features = sb.getInt(96);
    int logBlock = sb.getInt(24);
    if ((sb.getShort(56) & 0xffff) != MAGIC || logBlock < 0 || logBlock > 6) {
      throw new Unreadable("the volume holds no ext4 file system");
    }
    if ((features & RECOVER) != 0) {
      throw new Unreadable("the volume's file system was not unmounted");
    }
    if ((sb.getShort(58) & ERRORS) != 0) {
      throw new Unreadable("the volume's file system was found damaged");
    }
    if ((features & ~KNOWN) != 0 || (features & EXTENTS) == 0) {
      throw new Unreadable(
          "the volume's file system has features that are not known: "
              + Integer.toHexString(features & ~KNOWN));
    }
    blockSize = 1024 << logBlock;
    boolean wide = (features & WIDE) != 0;
    blocks = unsigned(sb.getInt(4)) | (wide ? unsigned(sb.getInt(0x150)) << 32 : 0);
    inodes = sb.getInt(0);
    inodesPerGroup = sb.getInt(40);
    inodeSize = sb.getShort(88) & 0xffff;
    descriptorSize = wide ? sb.getShort(254) & 0xffff : 32;
    descriptors = (unsigned(sb.getInt(20)) + 1) * blockSize;
    boolean sane =
        blocks > 0
            && blocks <= disk.size() / blockSize
            && inodes > 0
            && (long) inodes * inodeSize <= disk.size()
            && inodesPerGroup > 0
            && inodeSize >= 128
            && inodeSize <= blockSize
            && Integer.bitCount(inodeSize) == 1
            && descriptorSize >= (wide ? 64 : 32)
            && descriptorSize <= 1024;
    if (!sane) {
      throw new Unreadable("the superblock of the volume's file system is nonsense");
    }
  }

  int blockSize() {
    return blockSize;
  }

  long blocks() {
    return blocks;
  }

  Inode root() throws IOException {
    return inode(ROOT);
  }

  /// @throws IOException when there can be no inode of that number
  Inode inode(long number) throws IOException {
    if (number < 1 || number > unsigned(inodes)) {
      throw new Unreadable("inode " + number + " is not on the volume");
    }
    long group = (number - 1) / inodesPerGroup;
    long index = (number - 1) % inodesPerGroup;
    ByteBuffer descriptor = bytes(descriptors + group * descriptorSize, descriptorSize);
    long table =
        unsigned(descriptor.getInt(8))
            | (descriptorSize >= 64 ? unsigned(descriptor.getInt(0x28)) << 32 : 0);
    if (table >= blocks) {
      throw new Unreadable("the inodes of group " + group + " are not on the volume");
    }
    return new Inode(number, bytes(table * blockSize + index * inodeSize, inodeSize));
  }

  /// Fills a buffer from within one block.
  void read(long block, int inside, ByteBuffer into) throws IOException {
    if (block < 0 || block >= blocks) {
      throw new Unreadable("block " + block + " is not on the volume");
    }
    disk.read(block * blockSize + inside, into);
  }

  ByteBuffer block(long block) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(blockSize).order(ByteOrder.LITTLE_ENDIAN);
    read(block, 0, buffer);
    return buffer.flip();
  }

  private ByteBuffer bytes(long offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    disk.read(offset, buffer);
    return buffer.flip();
  }

  static long unsigned(int value) {
    return value & 0xffff_ffffL;
  }

  /// One inode's record.
  record Inode(long number, ByteBuffer raw) {
    private static final int FLAG_EXTENTS = 0x80000;

    /// encrypted, verity, inline data
    private static final int UNREADABLE = 0x800 | 0x100000 | 0x10000000;

    private static final int NEWER = 160;

    boolean regular() {
      return type() == 0x8;
    }

    boolean directory() {
      return type() == 0x4;
    }

    boolean symlink() {
      return type() == 0xa;
    }

    private int type() {
      return (raw.getShort(0) & 0xf000) >>> 12;
    }

    /// Permission bits, set-id and sticky among them.
    int mode() {
      return raw.getShort(0) & 0xfff;
    }

    int links() {
      return raw.getShort(26) & 0xffff;
    }

    long size() {
      return unsigned(raw.getInt(4)) | (long) raw.getInt(108) << 32;
    }

    /// Nanoseconds since the epoch.
    long mtime() {
      return time(16, 136);
    }

    /// As [#mtime], of the last change of the inode.
    long ctime() {
      return time(12, 132);
    }

    private long time(int seconds, int extra) {
      int more = raw.capacity() >= NEWER ? raw.getInt(extra) : 0;
      long whole = raw.getInt(seconds) + ((long) (more & 3) << 32);
      return whole * 1_000_000_000L + Math.min(more >>> 2, 999_999_999);
    }

    boolean readable() {
      return (flags() & UNREADABLE) == 0;
    }

    boolean extents() {
      return (flags() & FLAG_EXTENTS) != 0;
    }

    private int flags() {
      return raw.getInt(32);
    }

    /// The 60 bytes that hold the root of the extents, or a short link's target.
    ByteBuffer area() {
      return raw.slice(40, 60).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// A link's target where it fits into the inode.
    Optional<byte[]> shortTarget() {
      if (extents() || size() < 1 || size() >= 60) {
        return Optional.empty();
      }
      byte[] target = new byte[(int) size()];
      area().get(target);
      return Optional.of(target);
    }
  }
}
