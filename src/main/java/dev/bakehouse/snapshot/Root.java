package dev.bakehouse.snapshot;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// The top of a snapshot: what it is made of. Its name is its hash, and through it everything else
/// is checked.
///
/// @param packs in no special order; those of data and those of shards
/// @param shards in the order of their paths
record Root(Totals totals, SequencedMap<PackId, Pack> packs, List<ShardPlace> shards) {
  static final String PREFIX = "snapshots";
  static final int LARGEST = 64 << 20;
  private static final byte[] MAGIC = "bakehouse snapshot".getBytes(StandardCharsets.US_ASCII);
  private static final byte VERSION = 1;
  private static final long MOST = 1L << 50;

  /// @param size in the store
  /// @param live how much of it the snapshot uses
  record Pack(long size, long live) {}

  /// Where a shard's two blobs lie.
  ///
  /// @param hash of both
  record ShardPlace(Range content, Range times, Hash hash) {}

  /// Some bytes of a pack.
  record Range(PackId pack, long offset, int length) {}

  static String key(String id) {
    return PREFIX + "/" + id;
  }

  byte[] encode() {
    Out out = new Out().raw(MAGIC).raw(new byte[] {VERSION, Hash.ALGORITHM});
    out.number(totals.nodes()).number(totals.files()).number(totals.bytes());
    out.number(packs.size());
    Map<PackId, Integer> numbers = new LinkedHashMap<>();
    packs.forEach(
        (id, pack) -> {
          numbers.put(id, numbers.size());
          out.raw(ByteBuffer.allocate(16).putLong(id.high()).putLong(id.low()).array());
          out.number(pack.size()).number(pack.live());
        });
    out.number(shards.size());
    long end = 0;
    for (ShardPlace shard : shards) {
      for (Range range : List.of(shard.content(), shard.times())) {
        out.number(numbers.getOrDefault(range.pack(), 0)).signed(range.offset() - end);
        out.number(range.length());
        end = range.offset() + range.length();
      }
      out.raw(shard.hash().bytes());
    }
    return out.bytes();
  }

  static Root decode(byte[] bytes) throws Malformed {
    In in = new In(bytes);
    if (!Arrays.equals(in.raw(MAGIC.length), MAGIC)) {
      throw new Malformed("it is no snapshot");
    }
    byte[] kind = in.raw(2);
    if (kind[0] != VERSION || kind[1] != Hash.ALGORITHM) {
      throw new OtherVersion("it is of version " + kind[0] + " with hashes of kind " + kind[1]);
    }
    Totals totals = new Totals(in.number(0, MOST), in.number(0, MOST), in.number(0, MOST));
    int count = in.number(0, in.left() / PackId.BYTES);
    SequencedMap<PackId, Pack> packs = new LinkedHashMap<>();
    List<PackId> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      PackId id = in.pack();
      ids.add(id);
      packs.put(id, new Pack(in.number(0, MOST), in.number(0, MOST)));
    }
    int number = in.number(0, in.left() / Hash.BYTES);
    List<ShardPlace> shards = new ArrayList<>();
    long[] end = {0};
    for (int i = 0; i < number; i++) {
      Range content = range(in, ids, end);
      shards.add(new ShardPlace(content, range(in, ids, end), in.hash()));
    }
    in.end();
    return new Root(totals, packs, shards);
  }

  private static Range range(In in, List<PackId> ids, long[] end) throws Malformed {
    int pack = in.number(0, ids.size() - 1);
    long offset = end[0] + in.signed();
    int length = in.number(0, Shard.LARGEST);
    if (offset < 0 || offset > MOST) {
      throw new Malformed("a shard lies nowhere");
    }
    end[0] = offset + length;
    return new Range(ids.get(pack), offset, length);
  }
}
