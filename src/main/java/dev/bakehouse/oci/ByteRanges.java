package dev.bakehouse.oci;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/// Which parts of a slice's blob to read for the blocks one needs.
final class ByteRanges {
  /// Blocks `from` to, not including, `to`.
  record Run(int from, int to) {
    long start(SliceIndex index) {
      return index.start(from);
    }

    long length(SliceIndex index) {
      return index.start(to) - index.start(from);
    }
  }

  private ByteRanges() {}

  /// Runs of blocks with all needed ones in them. Gaps are read along where that saves requests,
  /// the smallest first, until a quarter of the needed bytes would be read in vain.
  static List<Run> of(SliceIndex index, BitSet needed) {
    List<Run> runs = runs(needed);
    long budget = runs.stream().mapToLong(run -> run.length(index)).sum() / 4;
    List<Run> gaps = new ArrayList<>();
    for (int i = 1; i < runs.size(); i++) {
      gaps.add(new Run(runs.get(i - 1).to(), runs.get(i).from()));
    }
    gaps.sort(Comparator.comparingLong(gap -> gap.length(index)));
    BitSet wanted = (BitSet) needed.clone();
    for (Run gap : gaps) {
      budget -= gap.length(index);
      if (budget < 0) {
        break;
      }
      wanted.set(gap.from(), gap.to());
    }
    return runs(wanted);
  }

  private static List<Run> runs(BitSet wanted) {
    List<Run> runs = new ArrayList<>();
    for (int from = wanted.nextSetBit(0); from >= 0; ) {
      int to = wanted.nextClearBit(from);
      runs.add(new Run(from, to));
      from = wanted.nextSetBit(to);
    }
    return runs;
  }
}
