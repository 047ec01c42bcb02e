package dev.bakehouse.snapshot;

import dev.bakehouse.snapshot.Frame.Encoding;
import dev.bakehouse.snapshot.Node.Dir;
import dev.bakehouse.snapshot.Node.File;
import dev.bakehouse.snapshot.Node.Hardlink;
import dev.bakehouse.snapshot.Node.Symlink;
import java.util.ArrayList;
import java.util.List;

/// Decodes a shard. Every count is checked against the bytes that are there before anything is made
/// of that size.
final class ShardReader {
  private static final int LONGEST = 1 << 15;
  private static final long LARGEST_FILE = 1L << 45;

  private final int count;
  private final In types;
  private final In prefixes;
  private final In lengths;
  private final In modes;
  private final In sizes;
  private final In frames;
  private final In places;
  private final In targets;
  private final In paths;
  private final In raw;
  private final In times;
  private final List<Frame> known = new ArrayList<>();

  private String path = "";
  private long time;
  private int lastFrame = -1;
  private int partEnd;
  private int pathBytes;

  ShardReader(Shard shard) throws Malformed {
    In content = new In(shard.content());
    In columns = new In(unpacked(content));
    times = new In(unpacked(new In(shard.times())));
    count = columns.number(1, Shard.MOST_NODES);
    int packCount = columns.number(0, Shard.LARGEST / PackId.BYTES);
    int frameCount = columns.number(0, Shard.LARGEST / 5);
    types = column(columns);
    prefixes = column(columns);
    lengths = column(columns);
    modes = column(columns);
    sizes = column(columns);
    frames = column(columns);
    places = column(columns);
    targets = column(columns);
    paths = column(columns);
    columns.end();
    raw = new In(content.raw(content.left()));
    // No pack without a frame, no frame without a part: what was a few bytes makes no millions.
    if (packCount > frameCount || frameCount > raw.left() / Hash.BYTES) {
      throw new Malformed("it has frames of no parts");
    }
    readFrames(packCount, frameCount);
  }

  List<Entry> entries() throws Malformed {
    List<Entry> entries = new ArrayList<>(count);
    List<Integer> sealed = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int type = types.number(0, Shard.SEALED_FILE);
      if (type == Shard.SEALED_FILE) {
        sealed.add(i);
      }
      entries.add(entry(type));
    }
    for (int i : sealed) {
      Entry entry = entries.get(i);
      entries.set(i, new Entry(entry.node(), entry.parts(), raw.raw(Entry.TAIL)));
    }
    for (In each :
        List.of(types, prefixes, lengths, modes, sizes, frames, places, targets, paths, raw)) {
      each.end();
    }
    times.end();
    return entries;
  }

  private Entry entry(int type) throws Malformed {
    String next = path();
    return switch (type) {
      case Shard.DIR -> Entry.of(new Dir(next, mode(), time()));
      case Shard.SYMLINK -> Entry.of(new Symlink(next, time(), target()));
      case Shard.HARDLINK -> Entry.of(new Hardlink(next, target()));
      default -> {
        int mode = mode();
        long size = sizes.number(0, LARGEST_FILE);
        File file = new File(next, mode, time(), size, Node.UNKNOWN, Node.UNKNOWN);
        yield new Entry(file, parts(size), Entry.NO_TAIL);
      }
    };
  }

  private List<Part> parts(long size) throws Malformed {
    int number = Part.count(size);
    if (number > raw.left() / Hash.BYTES) {
      throw new Malformed("it is cut short");
    }
    List<Part> parts = new ArrayList<>(number);
    for (int i = 0; i < number; i++) {
      int length = (int) Math.min(Part.LARGEST, size - (long) i * Part.LARGEST);
      long frame = lastFrame + places.signed();
      if (frame < 0 || frame >= known.size()) {
        throw new Malformed("a part lies in no frame");
      }
      long at = (frame == lastFrame ? partEnd : 0) + places.signed();
      Frame in = known.get((int) frame);
      if (at < 0 || at > in.raw() - length) {
        throw new Malformed("a part lies outside its frame");
      }
      lastFrame = (int) frame;
      partEnd = (int) at + length;
      parts.add(new Part(raw.hash(), length, in, (int) at));
    }
    return parts;
  }

  private void readFrames(int packCount, int frameCount) throws Malformed {
    List<PackId> packs = new ArrayList<>();
    for (int i = 0; i < packCount; i++) {
      packs.add(raw.pack());
    }
    long end = 0;
    for (int i = 0; i < frameCount; i++) {
      PackId pack = packCount == 0 ? missing() : packs.get(frames.number(0, packCount - 1));
      long offset = end + frames.signed();
      int stored = frames.number(0, Frame.LARGEST);
      long size = stored + frames.signed();
      Encoding encoding = frames.number(0, 1) == Shard.ZSTD ? Encoding.ZSTD : Encoding.RAW;
      boolean fits = encoding == Encoding.ZSTD || size == stored;
      if (offset < 0 || offset > Long.MAX_VALUE / 2 || size < 0 || size > Frame.LARGEST || !fits) {
        throw new Malformed("a frame has a place or size that can not be");
      }
      end = offset + stored;
      known.add(new Frame(pack, offset, stored, (int) size, encoding));
    }
  }

  private static PackId missing() throws Malformed {
    throw new Malformed("a frame lies in no pack");
  }

  private String path() throws Malformed {
    int same = prefixes.number(0, path.length());
    int length = lengths.number(0, LONGEST);
    if (same + length > LONGEST) {
      throw new Malformed("a path is too long");
    }
    path = path.substring(0, same) + paths.string(length);
    pathBytes += path.length();
    if (pathBytes > Shard.MOST_PATH_BYTES + LONGEST) {
      throw new Malformed("its paths are too long together");
    }
    return path;
  }

  private String target() throws Malformed {
    return targets.string(targets.number(0, LONGEST));
  }

  private int mode() throws Malformed {
    return modes.number(0, 07777);
  }

  private long time() throws Malformed {
    time += times.signed();
    return time;
  }

  private static In column(In columns) throws Malformed {
    return new In(columns.raw(columns.number(0, Shard.LARGEST)));
  }

  private static byte[] unpacked(In in) throws Malformed {
    byte[] plain = new byte[in.number(0, Shard.LARGEST)];
    byte[] compressed = in.raw(in.number(0, Shard.LARGEST));
    Zstd.decompress(compressed, plain);
    return plain;
  }
}
