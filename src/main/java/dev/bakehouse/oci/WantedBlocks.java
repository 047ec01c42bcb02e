package dev.bakehouse.oci;

import java.util.Arrays;

/// Where blocks that a pull wants lie in disks of this host: by hash, 16 bytes a block.
final class WantedBlocks {
  private static final long NOWHERE = -1;
  private static final int DISK_SHIFT = 40;

  private long[] hashes = new long[1 << 12];
  private long[] places = new long[1 << 12];
  private int count;

  WantedBlocks() {
    Arrays.fill(places, NOWHERE);
  }

  /// A zero block is never wanted; nor is, for the table's sake, the hash 0.
  void want(long hash) {
    if (hash == 0 || hash == Blocks.ZERO) {
      return;
    }
    if (2 * ++count > hashes.length) {
      grow();
    }
    hashes[slot(hash)] = hash;
  }

  void found(long hash, int disk, long block) {
    int slot = slot(hash);
    if (hash != 0 && hashes[slot] == hash && places[slot] == NOWHERE) {
      places[slot] = (long) disk << DISK_SHIFT | block;
    }
  }

  boolean has(long hash) {
    return place(hash) != NOWHERE;
  }

  int disk(long hash) {
    return (int) (place(hash) >>> DISK_SHIFT);
  }

  /// Which 64 KiB of the disk.
  long block(long hash) {
    return place(hash) & (1L << DISK_SHIFT) - 1;
  }

  private long place(long hash) {
    int slot = slot(hash);
    return hash != 0 && hashes[slot] == hash ? places[slot] : NOWHERE;
  }

  private int slot(long hash) {
    int mask = hashes.length - 1;
    int at = (int) hash & mask;
    while (hashes[at] != 0 && hashes[at] != hash) {
      at = at + 1 & mask;
    }
    return at;
  }

  private void grow() {
    long[] all = hashes;
    hashes = new long[2 * all.length];
    places = new long[2 * all.length];
    Arrays.fill(places, NOWHERE);
    for (long hash : all) {
      if (hash != 0) {
        hashes[slot(hash)] = hash;
      }
    }
  }
}
