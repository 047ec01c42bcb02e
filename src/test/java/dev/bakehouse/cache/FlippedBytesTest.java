package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.snapshot.Restored;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A flipped bit at every thousandth byte, and more of what is small, of all that a store holds: a
/// miss, an error, or files that are told as lost; never a wrong byte, never a file less unsaid.
class FlippedBytesTest {
  private static final int STEP = 1000;
  private static final int AT_LEAST = 100;
  private static final Address ADDRESS =
      new Address(Scope.parse("bun/main", "linux-x64-release"), "b1", "", Kind.CCACHE);

  @TempDir Path dir;
  private final Map<String, byte[]> original = new TreeMap<>();
  private SnapshotStore caches;

  @Test
  void noneMakesAWrongByteAndNoneGoesUnnoticedThatCostsAFile() throws IOException {
    DirectoryStore blobs = new DirectoryStore(dir.resolve("store"));
    caches = new SnapshotStore(blobs);
    fill(dir.resolve("cache"));
    new HostDirectory(dir.resolve("cache")).save(caches, ADDRESS, List.of(), true);

    Map<String, Integer> flips = new TreeMap<>();
    int told = 0;
    for (BlobInfo blob : blobs.list("")) {
      Path file = dir.resolve("store").resolve(blob.key());
      byte[] good = Files.readAllBytes(file);
      int step = Math.clamp(good.length / AT_LEAST, 1, STEP);
      for (int at = 0; at < good.length; at += step) {
        byte[] bad = good.clone();
        bad[at] ^= (byte) (1 << at / step % 8);
        Files.write(file, bad);
        told += whole() ? 0 : 1;
        flips.merge(blob.key().substring(0, blob.key().indexOf('/')), 1, Integer::sum);
      }
      Files.write(file, good);
    }
    assertThat(whole()).isTrue();
    assertThat(flips).containsOnlyKeys("manifests", "packs", "snapshots");
    assertThat(flips.get("packs")).isGreaterThan(500);
    int all = flips.values().stream().mapToInt(Integer::intValue).sum();
    assertThat(told).as("of %d that made a difference", all).isGreaterThan(all * 3 / 4);
  }

  /// Whether all came back; what did is compared.
  private boolean whole() throws IOException {
    Path target = dir.resolve("target");
    try {
      List<Entry> found = caches.entries(ADDRESS.scope(), Kind.CCACHE).toList();
      if (found.isEmpty() || !(caches.open(found.getFirst()) instanceof Opened.Whole saved)) {
        return false;
      }
      Restored restored = saved.restore(target);
      int there = 0;
      try (Stream<Path> files = Files.walk(target)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          String name = target.relativize(file).toString();
          assertThat(Files.readAllBytes(file)).as(name).isEqualTo(original.get(name));
          there++;
        }
      }
      if (there < original.size()) {
        assertThat(restored.lost()).isNotEmpty();
      }
      return restored.lost().isEmpty();
    } catch (IOException e) {
      assertThat(target).doesNotExist();
      return false;
    } finally {
      Directories.delete(target);
    }
  }

  private void fill(Path cache) throws IOException {
    Random random = new Random(9);
    List<Integer> sizes = new ArrayList<>(List.of(0, 1, 200_000, 300_000, 70_000));
    for (int i = 0; i < 55; i++) {
      sizes.add(random.nextInt(9000));
    }
    for (int i = 0; i < sizes.size(); i++) {
      byte[] bytes = new byte[sizes.get(i)];
      if (i % 3 != 0) {
        random.nextBytes(bytes);
      }
      if (i % 3 == 1 && bytes.length > 100) {
        bytes[0] = (byte) 0xcc;
        bytes[1] = (byte) 0xac;
      }
      String name = "d" + i % 5 + "/f" + i;
      Files.write(Files.createDirectories(cache.resolve("d" + i % 5)).resolve("f" + i), bytes);
      original.put(name, bytes);
    }
  }
}
