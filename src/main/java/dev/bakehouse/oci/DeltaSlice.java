package dev.bakehouse.oci;

import dev.bakehouse.oci.TartManifest.DiskSlice;
import dev.bakehouse.platform.FileRanges;
import java.io.IOException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/// Makes a slice of blocks that disks of this host have and of those that only its blob has, in one
/// pass that hashes what it puts in place. What comes out must still be compared with the slice's
/// digest.
final class DeltaSlice {
  private final DiskSlice slice;
  private final SliceIndex index;
  private final DiskTarget target;
  private final LocalDisks locals;
  private final WantedBlocks found;
  private final BitSet here;
  private final BitSet needed = new BitSet();
  private final byte[] zeros = new byte[Blocks.SIZE];
  private final Map<Integer, Source> open = new HashMap<>();

  /// A disk of this host that blocks come from.
  private record Source(SliceReader reader, FileRanges ranges) {}

  DeltaSlice(
      DiskSlice slice, SliceIndex index, DiskTarget target, LocalDisks locals, WantedBlocks found)
      throws IOException {
    this.slice = slice;
    this.index = index;
    this.target = target;
    this.locals = locals;
    this.found = found;
    this.here = left();
    for (int i = 0; i < index.blocks(); i++) {
      if (!index.zero(i) && !here.get(i) && !found.has(index.hash(i))) {
        needed.set(i);
      }
    }
  }

  /// Blocks that only the blob has.
  BitSet needed() {
    return needed;
  }

  /// Compressed bytes that must be moved, at least.
  long missing() {
    return needed.stream().mapToLong(index::length).sum();
  }

  /// @param blob gives the needed blocks in order
  DiskRecord.Slice assemble(BlobBlocks blob) throws IOException {
    try (SliceWriter writer = new SliceWriter(target, slice.offset(), slice.size())) {
      for (int i = 0; i < index.blocks(); ) {
        int end = i + 1;
        if (needed.get(i)) {
          writer.accept(blob.block(i, raw(i)), 0, raw(i));
        } else if (index.zero(i)) {
          writer.accept(zeros, 0, raw(i));
        } else if (here.get(i)) {
          end = kept(i);
          target.reader().read(position(i), length(i, end), writer::keep);
        } else {
          end = alike(i);
          copy(i, end, writer);
        }
        i = end;
      }
      return writer.finish();
    } finally {
      close();
    }
  }

  /// Blocks that an interrupted pull had put in place.
  private BitSet left() throws IOException {
    BitSet left = new BitSet();
    if (!target.touched(slice.offset(), slice.size())) {
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

  private void copy(int from, int to, SliceWriter writer) throws IOException {
    int disk = found.disk(index.hash(from));
    Source source = open.get(disk);
    if (source == null) {
      source = new Source(locals.reader(disk), locals.into(disk, target.disk()));
      open.put(disk, source);
    }
    long at = found.block(index.hash(from)) * Blocks.SIZE;
    long length = length(from, to);
    boolean shared = source.ranges().share(at, position(from), length);
    source.reader().read(at, length, shared ? writer::keep : writer);
  }

  private boolean copied(int block) {
    return !needed.get(block) && !index.zero(block) && !here.get(block);
  }

  /// Where the blocks end that are in their place.
  private int kept(int from) {
    int end = from + 1;
    while (here.get(end) && !index.zero(end)) {
      end++;
    }
    return end;
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

  private void close() throws IOException {
    for (Source source : open.values()) {
      try (FileRanges _ = source.ranges()) {
        source.reader().close();
      }
    }
  }

  private long position(int block) {
    return slice.offset() + (long) block * Blocks.SIZE;
  }

  private long length(int from, int to) {
    return position(to - 1) + raw(to - 1) - position(from);
  }

  private int raw(int block) {
    return (int) Math.min(Blocks.SIZE, slice.size() - (long) block * Blocks.SIZE);
  }
}
