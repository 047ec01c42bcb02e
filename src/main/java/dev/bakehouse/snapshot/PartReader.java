package dev.bakehouse.snapshot;

import dev.bakehouse.snapshot.Frame.Encoding;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;

/// Reads, decodes and checks parts, in the order in which they lie in packs, near ones in one
/// request, by all workers.
final class PartReader {
  /// What lies between two wanted pieces is read with them when it is no more.
  private static final int GAP = 256 << 10;

  private static final int LARGEST_READ = 4 << 20;

  private static final ThreadLocal<OffHeap> DECODED =
      ThreadLocal.withInitial(() -> new OffHeap(Frame.LARGEST));

  private static final ThreadLocal<OffHeap> STORED =
      ThreadLocal.withInitial(() -> new OffHeap(LARGEST_READ));

  /// A part of a file.
  record Wanted<T>(T of, int index, Part part) {
    /// Where the reading of it starts: a raw part needs nothing of its frame but itself.
    long start() {
      Frame frame = part.frame();
      return frame.encoding() == Encoding.RAW ? frame.offset() + part.at() : frame.offset();
    }

    long end() {
      Frame frame = part.frame();
      return frame.encoding() == Encoding.RAW
          ? start() + part.size()
          : frame.offset() + frame.stored();
    }
  }

  /// Takes parts, on any worker.
  interface Sink<T> {
    /// @param bytes the part's, valid during the call
    void part(Wanted<T> wanted, MemorySegment bytes) throws IOException;

    /// It is missing or damaged.
    void lost(Wanted<T> wanted, String why) throws IOException;
  }

  private final PackReader packs;
  private final Workers workers;

  PartReader(PackReader packs, Workers workers) {
    this.packs = packs;
    this.workers = workers;
  }

  <T> void read(List<Wanted<T>> wanted, Sink<T> sink) throws IOException {
    start(wanted, sink).end();
  }

  /// The same without waiting for it.
  <T> Workers.Running start(List<Wanted<T>> wanted, Sink<T> sink) {
    List<Callable<?>> reads = new ArrayList<>();
    for (List<Wanted<T>> run : runs(wanted)) {
      reads.add(
          () -> {
            span(packs, run, sink);
            return null;
          });
    }
    return workers.start(reads);
  }

  /// The same on this thread.
  static <T> void readHere(PackReader packs, List<Wanted<T>> wanted, Sink<T> sink)
      throws IOException {
    for (List<Wanted<T>> run : runs(wanted)) {
      span(packs, run, sink);
    }
  }

  private static <T> List<List<Wanted<T>>> runs(List<Wanted<T>> wanted) {
    List<Wanted<T>> order = new ArrayList<>(wanted);
    order.sort(
        Comparator.comparingLong((Wanted<T> w) -> w.part().frame().pack().high())
            .thenComparingLong(w -> w.part().frame().pack().low())
            .thenComparingLong(Wanted::start)
            .thenComparingInt(w -> w.part().at()));
    List<List<Wanted<T>>> runs = new ArrayList<>();
    int start = 0;
    for (int i = 1; i <= order.size(); i++) {
      if (i == order.size() || !together(order.get(start), order.get(i - 1), order.get(i))) {
        runs.add(order.subList(start, i));
        start = i;
      }
    }
    return runs;
  }

  private static <T> boolean together(Wanted<T> first, Wanted<T> last, Wanted<T> next) {
    return next.part().frame().pack().equals(last.part().frame().pack())
        && next.start() - last.end() <= GAP
        && next.end() - first.start() <= LARGEST_READ;
  }

  private static <T> void span(PackReader packs, List<Wanted<T>> run, Sink<T> sink)
      throws IOException {
    long first = run.getFirst().start();
    long end = run.stream().mapToLong(Wanted::end).max().orElse(first);
    PackId pack = run.getFirst().part().frame().pack();
    int length = Math.toIntExact(end - first);
    OffHeap stored = length <= LARGEST_READ ? STORED.get() : new OffHeap(length);
    int count;
    String why = pack.key();
    try {
      count = packs.read(pack, first, stored.buffer().clear().limit(length));
      why += count < 0 ? " is missing" : " is cut short";
    } catch (Malformed e) {
      count = -1;
      why = String.valueOf(e.getMessage());
    }
    Frame decoded = null;
    Wanted<T> checked = null;
    boolean sound = false;
    for (Wanted<T> each : run) {
      if (each.end() - first > count) {
        sink.lost(each, why);
        continue;
      }
      Part part = each.part();
      MemorySegment from = stored.memory();
      int at = (int) (each.start() - first);
      if (part.frame().encoding() == Encoding.ZSTD) {
        if (!part.frame().equals(decoded)) {
          decoded = part.frame();
          checked = null;
          decode(decoded, stored, at);
        }
        from = DECODED.get().memory();
        at = part.at();
      }
      MemorySegment bytes = from.asSlice(at, part.size());
      if (checked == null || !checked.part().equals(part)) {
        checked = each;
        sound = Hash.of(bytes).equals(part.hash());
      }
      if (sound) {
        sink.part(each, bytes);
      } else {
        sink.lost(each, PackReader.changed(pack));
      }
    }
  }

  /// What can not be decoded shows as a wrong hash.
  private static void decode(Frame frame, OffHeap stored, int at) {
    OffHeap to = DECODED.get();
    try {
      Zstd.decompress(stored, at, frame.stored(), to, frame.raw());
    } catch (Malformed e) {
      to.memory().asSlice(0, frame.raw()).fill((byte) 0);
    }
  }
}
