package dev.bakehouse.snapshot;

import dev.bakehouse.snapshot.Frame.Encoding;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Makes frames of the parts that one thread reads one after the other, so that neighbours lie
/// together: small ones are gathered, and compressed where that saves something.
final class FrameBuilder {
  private static final int GATHERED = 1 << 20;
  private static final int SMALL = 64 << 10;

  /// Where a part will be once its frame is written.
  static final class Slot {
    private final Hash hash;
    private volatile @Nullable Part part;

    Slot(Hash hash, @Nullable Part part) {
      this.hash = hash;
      this.part = part;
    }

    Part part() {
      Part there = part;
      if (there == null) {
        throw new IllegalStateException("a part was not written");
      }
      return there;
    }
  }

  private record Waiting(Slot slot, int at, int size) {}

  private static final class Bin {
    private final byte[] bytes = new byte[GATHERED];
    private final List<Waiting> parts = new ArrayList<>();
    private int used;
  }

  private final PackWriter packs;
  private final Bin packed = new Bin();
  private final Bin plain = new Bin();

  FrameBuilder(PackWriter packs) {
    this.packs = packs;
  }

  /// @param compressed whether it is already, and nothing is to be tried
  void add(Slot slot, byte[] bytes, int length, boolean compressed) throws IOException {
    if (length < SMALL) {
      gather(slot, bytes, length, compressed ? plain : packed);
    } else {
      write(bytes, length, compressed, List.of(new Waiting(slot, 0, length)));
    }
  }

  private void gather(Slot slot, byte[] bytes, int length, Bin bin) throws IOException {
    if (bin.used + length > GATHERED) {
      flush(bin);
    }
    System.arraycopy(bytes, 0, bin.bytes, bin.used, length);
    bin.parts.add(new Waiting(slot, bin.used, length));
    bin.used += length;
  }

  /// Writes what was gathered.
  void flush() throws IOException {
    flush(packed);
    flush(plain);
  }

  private void flush(Bin bin) throws IOException {
    if (bin.used > 0) {
      write(bin.bytes, bin.used, bin == plain, bin.parts);
      bin.parts.clear();
      bin.used = 0;
    }
  }

  private void write(byte[] bytes, int length, boolean compressed, List<Waiting> parts)
      throws IOException {
    byte[] smaller = compressed ? bytes : Zstd.compress(bytes, 0, length);
    boolean worth = !compressed && smaller.length < length - length / 20;
    Frame frame =
        worth
            ? packs.append(smaller, 0, smaller.length, length, Encoding.ZSTD)
            : packs.append(bytes, 0, length, length, Encoding.RAW);
    for (Waiting each : parts) {
      each.slot().part = new Part(each.slot().hash, each.size(), frame, each.at());
    }
  }
}
