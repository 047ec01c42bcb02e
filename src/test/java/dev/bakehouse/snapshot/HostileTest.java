package dev.bakehouse.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.MethodSource;

/// Whatever lies in a store: a miss, an error, or exactly what was saved.
class HostileTest {
  private static final int MUTATIONS = 3_000;

  @Test
  void hugeCountsAndBombsAreRefusedBeforeTheyTakeRoom() throws IOException {
    byte[] bomb = Zstd.compress(new byte[1 << 26], 0, 1 << 26);
    byte[] times = new Out().number(1).number(bomb.length).raw(bomb).bytes();
    byte[] much = new Out().number(Long.MAX_VALUE).number(bomb.length).raw(bomb).bytes();
    byte[] negative = new Out().number(-1).number(-1).bytes();
    for (byte[] content : List.of(times, much, negative, new byte[0])) {
      assertThatThrownBy(() -> new Shard(content, times).entries()).isInstanceOf(Malformed.class);
    }
    for (int count : new int[] {Integer.MAX_VALUE, -1, 1 << 20}) {
      byte[] root =
          new Out()
              .raw(Arrays.copyOf(root(), 20))
              .number(0)
              .number(0)
              .number(0)
              .number(count)
              .bytes();
      assertThatThrownBy(() -> Root.decode(root)).isInstanceOf(Malformed.class);
    }
  }

  @MethodSource("shardSeeds")
  @FuzzTest(maxDuration = "2m")
  void shards(byte[] bytes) {
    int cut = bytes.length == 0 ? 0 : (bytes[0] & 0xff) * bytes.length / 256;
    Shard shard =
        new Shard(
            Arrays.copyOfRange(
                bytes, Math.min(1, bytes.length), Math.max(cut, Math.min(1, bytes.length))),
            Arrays.copyOfRange(bytes, Math.max(cut, Math.min(1, bytes.length)), bytes.length));
    try {
      List<Entry> entries = shard.entries();
      assertThat(entries).hasSizeLessThanOrEqualTo(Shard.MOST_NODES);
      assertThat(ShardWriter.encode(entries).entries()).hasSameSizeAs(entries);
    } catch (Malformed e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @MethodSource("rootSeeds")
  @FuzzTest(maxDuration = "2m")
  void roots(byte[] bytes) {
    try {
      assertThat(Root.decode(bytes).totals().nodes()).isNotNegative();
    } catch (Malformed e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @MethodSource("tarSeeds")
  @FuzzTest(maxDuration = "2m")
  void archives(byte[] bytes) throws IOException {
    Path spool = Path.of(System.getProperty("java.io.tmpdir"));
    TreeCheck check = new TreeCheck();
    try (TarTree tree = TarTree.read(new ByteArrayInputStream(bytes), spool)) {
      tree.list(check::add);
    } catch (Malformed e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @Test
  void mutationsAreRefusedOrHarmless() throws IOException {
    Random random = new Random(5);
    List<byte[]> shards = shardSeeds().toList();
    List<byte[]> archives = tarSeeds().toList();
    for (int i = 0; i < MUTATIONS; i++) {
      shards(mutated(shards.get(i % shards.size()), random));
      roots(mutated(root(), random));
      archives(mutated(archives.get(i % archives.size()), random));
    }
  }

  private static byte[] mutated(byte[] seed, Random random) {
    byte[] bytes =
        Arrays.copyOf(seed, random.nextInt(10) == 0 ? random.nextInt(seed.length) : seed.length);
    for (int i = 0; bytes.length > 0 && i < 1 + random.nextInt(4); i++) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    return bytes;
  }

  static Stream<byte[]> shardSeeds() {
    Frame frame = new Frame(new PackId(1, 2), 7, 100, 200, Frame.Encoding.ZSTD);
    Part part = new Part(new Hash(1, 2, 3, 4), 50, frame, 20);
    List<Entry> entries = new ArrayList<>();
    entries.add(Entry.of(new Node.Dir("", 0755, 1)));
    entries.add(
        new Entry(new Node.File("a", 0644, 2, 50, -1, -1), List.of(part), new byte[Entry.TAIL]));
    entries.add(Entry.of(new Node.Hardlink("b", "a")));
    entries.add(Entry.of(new Node.Symlink("c", -5, "a")));
    Shard shard = ShardWriter.encode(entries);
    int cut =
        (1 + shard.content().length) * 256 / (1 + shard.content().length + shard.times().length);
    List<byte[]> seeds = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      ByteBuffer all = ByteBuffer.allocate(1 + shard.content().length + shard.times().length);
      seeds.add(all.put((byte) (cut + i)).put(shard.content()).put(shard.times()).array());
    }
    return seeds.stream();
  }

  static Stream<byte[]> rootSeeds() {
    return Stream.of(root());
  }

  private static byte[] root() {
    PackId pack = new PackId(3, 4);
    var packs = new java.util.LinkedHashMap<PackId, Root.Pack>();
    packs.put(pack, new Root.Pack(1000, 500));
    Root.Range range = new Root.Range(pack, 10, 20);
    return new Root(
            new Totals(3, 2, 1),
            packs,
            List.of(new Root.ShardPlace(range, range, new Hash(1, 2, 3, 4))))
        .encode();
  }

  static Stream<byte[]> tarSeeds() throws IOException {
    var bytes = new java.io.ByteArrayOutputStream();
    TarOutput tar = new TarOutput(bytes);
    tar.header('0', "n".repeat(150), 0644, 1_500_000_001L, 3, "");
    bytes.write("abc".getBytes());
    tar.pad(3);
    tar.header('2', "link", 0777, 0, 0, "n");
    tar.header('5', "d/", 0755, 0, 0, "");
    tar.end();
    return Stream.of(bytes.toByteArray());
  }
}
