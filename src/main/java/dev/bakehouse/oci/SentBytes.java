package dev.bakehouse.oci;

import java.util.function.LongConsumer;

/// Turns how far the sending of a slice's blob is into progress of the raw bytes it stands for.
/// Hears the offset in the blob behind what was last handed over; after a broken attempt it is
/// lower than before, and what goes again counts as moved again, but advances nothing.
final class SentBytes implements LongConsumer {
  private final Progress progress;
  private final CompressedSlice slice;
  private long at;
  private long furthest;
  private long told;

  SentBytes(Progress progress, CompressedSlice slice) {
    this.progress = progress;
    this.slice = slice;
  }

  @Override
  public synchronized void accept(long offset) {
    progress.moved(Math.max(0, offset - at));
    at = offset;
    furthest = Math.max(furthest, offset);
    // Neither is above 2^30, see TartManifest.SLICE.
    tell(furthest * slice.size() / slice.blobSize());
  }

  /// The repository has the whole blob, also what it needed not be sent.
  synchronized void end() {
    tell(slice.size());
  }

  private void tell(long raw) {
    progress.advance(raw - told);
    told = raw;
  }
}
