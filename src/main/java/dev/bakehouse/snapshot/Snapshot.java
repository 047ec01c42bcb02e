package dev.bakehouse.snapshot;

import dev.bakehouse.snapshot.Root.Range;
import dev.bakehouse.snapshot.Root.ShardPlace;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.OtherBytes;
import dev.bakehouse.store.WholeBlob;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/// A snapshot in a store, found by its id. Everything read of it is checked against that.
public final class Snapshot {
  /// What lies between two ranges is read with them when it is no more.
  private static final int GAP = 128 << 10;

  private static final int LARGEST_READ = 8 << 20;

  private final BlobStore blobs;
  private final String id;
  private final Root root;

  private Snapshot(BlobStore blobs, String id, Root root) {
    this.blobs = blobs;
    this.id = id;
    this.root = root;
  }

  /// @param id 64 hexadecimal digits
  /// @return empty when there is none
  /// @throws Malformed when it is not what was saved
  /// @throws IOException when the store can not be read, which says nothing of what lies there
  public static Optional<Snapshot> open(BlobStore blobs, String id) throws IOException {
    Optional<WholeBlob> list;
    try {
      list = blobs.read(Root.key(id), Root.LARGEST);
    } catch (OtherBytes e) {
      throw new Malformed(String.valueOf(e.getMessage()));
    }
    if (list.isEmpty()) {
      return Optional.empty();
    }
    if (list.get().info().size() > Root.LARGEST) {
      throw new Malformed("its list of shards is too large");
    }
    byte[] bytes = list.get().bytes();
    if (!Hash.of(bytes).toString().equals(id)) {
      throw new Malformed("its list of shards has another checksum than when it was saved");
    }
    return Optional.of(new Snapshot(blobs, id, Root.decode(bytes)));
  }

  public String id() {
    return id;
  }

  public Totals totals() {
    return root.totals();
  }

  Root root() {
    return root;
  }

  BlobStore blobs() {
    return blobs;
  }

  /// Bytes it takes up in the store, those it shares with others included.
  public long stored() {
    return root.packs().values().stream().mapToLong(Root.Pack::live).sum();
  }

  /// Says what of it is not there, without reading it: packs that are gone or have another size.
  public Optional<String> missing() throws IOException {
    List<PackId> bad = missingPacks();
    if (bad.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        bad.size()
            + " of its "
            + root.packs().size()
            + " packs are missing or cut short, one is "
            + bad.getFirst().key());
  }

  /// Its packs, in their order, as they are in the store; asked for all at once, which matters
  /// where the store is far.
  List<Optional<BlobInfo>> stats(Workers workers) throws IOException {
    return workers.map(root.packs().keySet(), id -> blobs.stat(id.key()));
  }

  List<PackId> missingPacks() throws IOException {
    Iterator<Optional<BlobInfo>> infos;
    try (Workers workers = new Workers(blobs)) {
      infos = stats(workers).iterator();
    }
    List<PackId> bad = new ArrayList<>();
    for (var each : root.packs().entrySet()) {
      Optional<BlobInfo> info = infos.next();
      if (info.isEmpty() || info.get().size() != each.getValue().size()) {
        bad.add(each.getKey());
      }
    }
    return bad;
  }

  /// A shard and its nodes; none when it could not be read, for the reason.
  record Loaded(ShardPlace place, Optional<Shard> shard, List<Entry> entries, String why) {}

  /// Reads neighbouring shards together.
  List<Loaded> load(int from, int to) throws IOException {
    TreeSet<Range> wanted =
        new TreeSet<>(
            Comparator.comparingLong((Range r) -> r.pack().high())
                .thenComparingLong(r -> r.pack().low())
                .thenComparingLong(Range::offset)
                .thenComparingInt(Range::length));
    List<ShardPlace> places = root.shards().subList(from, to);
    places.forEach(
        p -> {
          wanted.add(p.content());
          wanted.add(p.times());
        });
    Spans spans = new Spans(new PackReader(blobs), List.copyOf(wanted));
    List<Loaded> all = new ArrayList<>(places.size());
    for (ShardPlace place : places) {
      try {
        Shard shard = new Shard(spans.bytes(place.content()), spans.bytes(place.times()));
        if (!shard.hash().equals(place.hash())) {
          throw new Malformed("a part of its list has another checksum than when it was saved");
        }
        all.add(new Loaded(place, Optional.of(shard), shard.entries(), ""));
      } catch (Malformed e) {
        all.add(new Loaded(place, Optional.empty(), List.of(), String.valueOf(e.getMessage())));
      }
    }
    return all;
  }

  /// Ranges in order, near ones read at once.
  private static final class Spans {
    private final Map<Range, byte[]> read = new HashMap<>();

    Spans(PackReader packs, List<Range> ranges) throws IOException {
      int start = 0;
      for (int i = 1; i <= ranges.size(); i++) {
        if (i == ranges.size() || !together(ranges.get(start), ranges.get(i - 1), ranges.get(i))) {
          read(packs, ranges.subList(start, i));
          start = i;
        }
      }
    }

    private static boolean together(Range first, Range last, Range next) {
      return next.pack().equals(last.pack())
          && next.offset() - last.offset() - last.length() <= GAP
          && next.offset() + next.length() - first.offset() <= LARGEST_READ;
    }

    private void read(PackReader packs, List<Range> ranges) throws IOException {
      if (ranges.isEmpty()) {
        return;
      }
      long first = ranges.getFirst().offset();
      long end = ranges.stream().mapToLong(r -> r.offset() + r.length()).max().orElse(first);
      byte[] bytes = new byte[Math.toIntExact(end - first)];
      int count;
      try {
        count = packs.read(ranges.getFirst().pack(), first, ByteBuffer.wrap(bytes));
      } catch (Malformed e) {
        return;
      }
      for (Range range : ranges) {
        int at = (int) (range.offset() - first);
        if (at + range.length() <= count) {
          read.put(range, Arrays.copyOfRange(bytes, at, at + range.length()));
        }
      }
    }

    byte[] bytes(Range range) throws Malformed {
      byte[] bytes = read.get(range);
      if (bytes == null) {
        throw new Malformed("a part of its list is missing or damaged: " + range.pack().key());
      }
      return bytes;
    }
  }
}
