package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.platform.Command;
import dev.bakehouse.snapshot.HostTree;
import dev.bakehouse.snapshot.Malformed;
import dev.bakehouse.snapshot.Tree;
import dev.bakehouse.store.DirectoryStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Bytes rot in a store. That costs one build's hits, not those of all that follow: the build makes
/// the same files again, and its save does not rely on what lies there.
class HealingTest {
  private static final Scope SCOPE = Scope.parse("bun/main", "linux-x64-release");

  @TempDir Path dir;
  private Path made;

  @BeforeEach
  void make() throws IOException {
    made = dir.resolve("made");
    Random random = new Random(3);
    for (int i = 0; i < 30; i++) {
      byte[] bytes = new byte[2000];
      random.nextBytes(bytes);
      bytes[0] = (byte) 0xcc;
      bytes[1] = (byte) 0xac;
      Files.write(Files.createDirectories(made.resolve("o")).resolve("f" + i), bytes);
    }
  }

  @ParameterizedTest
  @CsvSource({"ccache,false", "ccache,true", "zig-local,false", "zig-local,true"})
  void theNextSaveOfADirectoryStoresAllAgain(String name, boolean over) throws IOException {
    Kind kind = Kind.named(name, Map.of());
    new HostDirectory(made).save(store(), address(kind, "b1"), List.of(SCOPE), false);
    rot();
    Path work = dir.resolve("work");
    if (over) {
      Files.writeString(Files.createDirectories(work).resolve("other"), "x");
    }
    if (name.equals("zig-local")) {
      assertThatThrownBy(() -> restore(store(), address(kind, "b1"), work))
          .isInstanceOf(Malformed.class);
    } else {
      assertThat(restore(store(), address(kind, "b1"), work)).isNotEmpty();
    }
    Command.of("cp", "-a", "made/.", "work").in(dir).check();
    new HostDirectory(work).save(store(), address(kind, "b2"), List.of(SCOPE), false);

    assertThat(restore(store(), address(kind, "b2"), dir.resolve("next"))).isEmpty();
    assertThat(Tree.describe(dir.resolve("next"))).isEqualTo(Tree.describe(work));
  }

  @Test
  void soDoesTheSaveOfAJobThatGotItAsAnArchive() throws IOException {
    Address first = address(Kind.CCACHE, "b1");
    new HostDirectory(made).save(store(), first, List.of(SCOPE), false);
    rot();
    SnapshotStore job = store();
    List<String> lost = new ArrayList<>();
    try (InputStream tar =
        ((Opened.Whole) job.open(job.find(first).orElseThrow())).tar(lost::add)) {
      assertThat(tar.readAllBytes()).isNotEmpty();
    }
    assertThat(lost).isNotEmpty();

    Address second = address(Kind.CCACHE, "b2");
    job.save(second, new HostTree(made, p -> false), Basis.of(SCOPE));

    assertThat(restore(store(), second, dir.resolve("next"))).isEmpty();
  }

  private void rot() throws IOException {
    try (Stream<Path> packs = Files.list(dir.resolve("store/packs"))) {
      Path data = packs.max(Comparator.comparingLong(p -> p.toFile().length())).orElseThrow();
      byte[] bytes = Files.readAllBytes(data);
      bytes[bytes.length / 2] ^= 1;
      Files.write(data, bytes);
    }
  }

  private static List<String> restore(SnapshotStore store, Address address, Path to)
      throws IOException {
    Opened opened = store.open(store.find(address).orElseThrow());
    return ((Opened.Whole) opened).restore(to).lost();
  }

  private static Address address(Kind kind, String build) {
    return new Address(SCOPE, build, "", kind);
  }

  /// As another process has it.
  private SnapshotStore store() {
    return new SnapshotStore(new DirectoryStore(dir.resolve("store")));
  }
}
