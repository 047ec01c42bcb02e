package dev.bakehouse.snapshot;

import dev.bakehouse.snapshot.Frame.Encoding;
import dev.bakehouse.snapshot.Node.Dir;
import dev.bakehouse.snapshot.Node.File;
import dev.bakehouse.snapshot.Node.Hardlink;
import dev.bakehouse.snapshot.Node.Symlink;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Encodes a shard. Columns, so that like stands beside like; what does not compress (pack names,
/// hashes, tails) follows the compressed part as it is. `docs/cache-format.md` has the layout.
final class ShardWriter {
  private final Out types = new Out();
  private final Out prefixes = new Out();
  private final Out lengths = new Out();
  private final Out paths = new Out();
  private final Out modes = new Out();
  private final Out sizes = new Out();
  private final Out targets = new Out();
  private final Out frames = new Out();
  private final Out places = new Out();
  private final Out raw = new Out();
  private final Out tails = new Out();
  private final Out times = new Out();

  private final Map<PackId, Integer> packs = new LinkedHashMap<>();
  private final Map<Frame, Integer> known = new LinkedHashMap<>();
  private String path = "";
  private long time;
  private long frameEnd;
  private int lastFrame = -1;
  private int partEnd;

  static Shard encode(List<Entry> entries) {
    ShardWriter writer = new ShardWriter();
    entries.forEach(writer::add);
    return new Shard(writer.content(entries.size()), packed(writer.times.bytes(), new byte[0]));
  }

  /// The content alone does not depend on times.
  static byte[] times(List<Entry> entries) {
    ShardWriter writer = new ShardWriter();
    entries.forEach(writer::time);
    return packed(writer.times.bytes(), new byte[0]);
  }

  private byte[] content(int count) {
    Out columns = new Out().number(count).number(packs.size()).number(known.size());
    for (Out each :
        List.of(types, prefixes, lengths, modes, sizes, frames, places, targets, paths)) {
      byte[] bytes = each.bytes();
      columns.number(bytes.length).raw(bytes);
    }
    Out ids = new Out();
    packs.keySet().forEach(id -> number(ids, id));
    return packed(columns.bytes(), ids.raw(raw.bytes()).raw(tails.bytes()).bytes());
  }

  private static void number(Out out, PackId id) {
    out.raw(ByteBuffer.allocate(PackId.BYTES).putLong(id.high()).putLong(id.low()).array());
  }

  /// Length of the plain columns, length of the compressed ones, these, the rest.
  private static byte[] packed(byte[] columns, byte[] rest) {
    byte[] compressed = Zstd.compress(columns, 0, columns.length);
    return new Out()
        .number(columns.length)
        .number(compressed.length)
        .raw(compressed)
        .raw(rest)
        .bytes();
  }

  private void add(Entry entry) {
    types.number(Shard.type(entry));
    path(entry.node().path());
    switch (entry.node()) {
      case Dir dir -> modes.number(dir.mode());
      case File file -> {
        modes.number(file.mode());
        sizes.number(file.size());
        entry.parts().forEach(this::part);
        tails.raw(entry.tail());
      }
      case Symlink link -> target(link.target());
      case Hardlink link -> target(link.of());
    }
    time(entry);
  }

  private void time(Entry entry) {
    if (!(entry.node() instanceof Hardlink)) {
      long mtime = Shard.mtime(entry.node());
      times.signed(mtime - time);
      time = mtime;
    }
  }

  private void path(String next) {
    int most = Math.min(path.length(), next.length());
    int same = 0;
    while (same < most && path.charAt(same) == next.charAt(same)) {
      same++;
    }
    prefixes.number(same);
    lengths.number(next.length() - same);
    paths.string(next.substring(same));
    path = next;
  }

  private void target(String target) {
    targets.number(target.length()).string(target);
  }

  private void part(Part part) {
    int frame = frame(part.frame());
    int expected = frame == lastFrame ? partEnd : 0;
    places.signed(frame - lastFrame).signed((long) part.at() - expected);
    lastFrame = frame;
    partEnd = part.at() + part.size();
    raw.raw(part.hash().bytes());
  }

  private int frame(Frame frame) {
    return known.computeIfAbsent(
        frame,
        f -> {
          int pack = packs.computeIfAbsent(f.pack(), p -> packs.size());
          frames
              .number(pack)
              .signed(f.offset() - frameEnd)
              .number(f.stored())
              .signed((long) f.raw() - f.stored())
              .number(f.encoding() == Encoding.ZSTD ? Shard.ZSTD : Shard.RAW);
          frameEnd = f.offset() + f.stored();
          return known.size();
        });
  }
}
