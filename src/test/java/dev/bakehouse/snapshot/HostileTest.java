package dev.bakehouse.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.bakehouse.platform.Command;
import dev.bakehouse.store.DirectoryStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/// Whatever lies in a store: a miss, an error, or exactly what was saved.
class HostileTest {
  private static final int MUTATIONS = 3_000;

  @TempDir Path dir;

  @Test
  void aFlippedByteAnywhereIsNeverAWrongByte() throws IOException {
    Path source = sample(dir.resolve("source"));
    DirectoryStore store = new DirectoryStore(dir.resolve("store"));
    Snapshot saved = Snapshot.open(store, save(store, source)).orElseThrow();
    int flips = 0;
    int lost = 0;
    List<Path> blobs;
    try (Stream<Path> all = Files.walk(dir.resolve("store"))) {
      blobs = all.filter(Files::isRegularFile).toList();
    }
    for (Path blob : blobs) {
      byte[] good = Files.readAllBytes(blob);
      for (int at = 0; at < good.length; at += Math.max(1, good.length / 50)) {
        byte[] bad = at % 3 == 2 ? Arrays.copyOf(good, at) : good.clone();
        if (bad.length == good.length) {
          bad[at] ^= (byte) (1 << at % 8);
        }
        Files.write(blob, bad);
        flips++;
        lost += restored(store, saved.id(), source) ? 0 : 1;
      }
      Files.write(blob, good);
    }
    assertThat(flips).isGreaterThan(100);
    assertThat(lost).as("that made a difference").isGreaterThan(flips / 2);
    assertThat(restored(store, saved.id(), source)).isTrue();
  }

  /// Whether all of it came back; what did is compared byte by byte.
  private boolean restored(DirectoryStore store, String id, Path source) throws IOException {
    Path target = dir.resolve("target");
    try {
      Snapshot snapshot = Snapshot.open(store, id).orElseThrow();
      Restored restored = new HostTarget(target, HostTarget.Rules.PLAIN).restore(snapshot);
      try (Stream<Path> files = Files.walk(target)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          Path original = source.resolve(target.relativize(file).toString());
          assertThat(Files.mismatch(file, original)).isEqualTo(-1);
        }
      }
      return restored.lost().isEmpty();
    } catch (Malformed e) {
      assertThat(e.getMessage()).isNotBlank();
      return false;
    } finally {
      Command.of("rm", "-rf", "target", ".target.bakehouse").in(dir).check();
    }
  }

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

  private static Path sample(Path source) throws IOException {
    Random random = new Random(9);
    for (int i = 0; i < 40; i++) {
      byte[] bytes = new byte[random.nextInt(9000)];
      if (i % 2 == 0) {
        random.nextBytes(bytes);
      }
      Files.write(Files.createDirectories(source.resolve("d" + i % 5)).resolve("f" + i), bytes);
    }
    return source;
  }

  private static String save(DirectoryStore store, Path source) throws IOException {
    try (Draft draft =
        new Saver(store, Optional.empty(), Node.UNKNOWN).save(new HostTree(source, p -> false))) {
      return draft.publish().id();
    }
  }
}
