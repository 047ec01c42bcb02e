package dev.bakehouse.oci;

import dev.bakehouse.oci.TartManifest.DiskSlice;
import dev.bakehouse.platform.FileRanges;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/// Makes a slice of blocks that disks of this host have and of those that only its blob has. What
/// comes out must still be checked against the slice's digest.
final class DeltaSlice {
  private static final int BUFFER = 1 << 18;

  private final Repository repository;
  private final DiskSlice slice;
  private final SliceIndex index;
  private final DiskTarget target;
  private final LocalDisks locals;
  private final WantedBlocks found;
  private final Progress progress;
  private final boolean fresh;
  private final BitSet here;
  private final BitSet needed = new BitSet();

  DeltaSlice(
      Repository repository,
      DiskSlice slice,
      SliceIndex index,
      DiskTarget target,
      LocalDisks locals,
      WantedBlocks found,
      Progress progress)
      throws IOException {
    this.repository = repository;
    this.slice = slice;
    this.index = index;
    this.target = target;
    this.locals = locals;
    this.found = found;
    this.progress = progress;
    this.fresh = !target.touched(slice.offset(), slice.size());
    this.here = left();
    for (int i = 0; i < index.blocks(); i++) {
      if (!index.zero(i) && !here.get(i) && !found.has(index.hash(i))) {
        needed.set(i);
      }
    }
  }

  /// Compressed bytes that must be moved, at least.
  long missing() {
    return needed.stream().mapToLong(index::length).sum();
  }

  void assemble() throws IOException {
    byte[] zeros = new byte[Blocks.SIZE];
    for (int i = 0; i < index.blocks(); i++) {
      if (index.zero(i)) {
        target.write(zeros, 0, raw(i), position(i), fresh);
      }
    }
    copy();
    long moved = 0;
    for (ByteRanges.Run run : ByteRanges.of(index, needed)) {
      fetch(run);
      moved += run.length(index);
    }
    long saved = Math.max(0, slice.blob().size() - moved);
    progress.advance(saved);
    progress.reused(Progress.Reuse.BLOCKS, saved);
  }

  /// Blocks that an interrupted pull had put in place.
  private BitSet left() throws IOException {
    BitSet left = new BitSet();
    if (fresh) {
      return left;
    }
    Blocks blocks = new Blocks(slice.size());
    target.reader().read(slice.offset(), slice.size(), blocks::update);
    long[] hashes = blocks.finish();
    for (int i = 0; i < hashes.length; i++) {
      left.set(i, hashes[i] == index.hash(i));
    }
    return left;
  }

  private void copy() throws IOException {
    Map<Integer, FileRanges> open = new HashMap<>();
    try {
      for (int i = 0; i < index.blocks(); ) {
        int end = copied(i) ? alike(i) : i;
        if (end > i) {
          int disk = found.disk(index.hash(i));
          FileRanges ranges = open.get(disk);
          if (ranges == null) {
            ranges = locals.into(disk, target.disk());
            open.put(disk, ranges);
          }
          long from = found.block(index.hash(i)) * Blocks.SIZE;
          ranges.copy(from, position(i), position(end - 1) + raw(end - 1) - position(i));
        }
        i = Math.max(end, i + 1);
      }
    } finally {
      for (FileRanges ranges : open.values()) {
        ranges.close();
      }
    }
  }

  private boolean copied(int block) {
    return !index.zero(block) && !here.get(block) && found.has(index.hash(block));
  }

  /// Where the blocks end that follow each other here as they do in the disk they come from.
  private int alike(int from) {
    int disk = found.disk(index.hash(from));
    long first = found.block(index.hash(from));
    int end = from + 1;
    while (end < index.blocks()
        && copied(end)
        && found.disk(index.hash(end)) == disk
        && found.block(index.hash(end)) == first + end - from) {
      end++;
    }
    return end;
  }

  private void fetch(ByteRanges.Run run) throws IOException {
    BlockReader reader = new BlockReader();
    try (InputStream in =
        new BufferedInputStream(
            repository.blob(slice.blob().digest(), run.start(index), run.length(index)), BUFFER)) {
      for (int i = run.from(); i < run.to(); i++) {
        came(index.length(i));
        if (!needed.get(i)) {
          in.skipNBytes(index.length(i));
          continue;
        }
        byte[] block = reader.next(in, index.length(i), raw(i));
        if (Blocks.hash(block, 0, raw(i)) != index.hash(i)) {
          throw new AppleLz4Reader.BadFrame("a block is not what the chunk index says");
        }
        target.write(block, 0, raw(i), position(i), fresh);
      }
    }
  }

  private void came(long bytes) {
    progress.moved(bytes);
    progress.advance(bytes);
  }

  private long position(int block) {
    return slice.offset() + (long) block * Blocks.SIZE;
  }

  private int raw(int block) {
    return (int) Math.min(Blocks.SIZE, slice.size() - (long) block * Blocks.SIZE);
  }
}
