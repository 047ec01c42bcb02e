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
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.DirectoryStore;
import dev.bakehouse.store.OtherBytes;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
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

  private static final IOException LOST = new IOException("the connection is lost");

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

  @ParameterizedTest
  @CsvSource({"ccache,false", "ccache,true", "zig-local,false", "zig-local,true"})
  void aPackThatCanNotBeReadFailsTheRestoreAndIsStillTakenOver(String name, boolean over)
      throws IOException {
    Kind kind = Kind.named(name, Map.of());
    new HostDirectory(made).save(store(), address(kind, "b1"), List.of(SCOPE), false);
    SnapshotStore job = new SnapshotStore(failing(LOST));
    Path work = dir.resolve("work");
    if (over) {
      Files.writeString(Files.createDirectories(work).resolve("other"), "x");
    }
    assertThatThrownBy(() -> restore(job, address(kind, "b1"), work))
        .isNotInstanceOf(Malformed.class)
        .hasMessageContainingAll("packs/", "can not be read", "the connection is lost");
    if (over) {
      assertThat(work).isEmptyDirectory();
    } else {
      assertThat(work).doesNotExist();
    }
    Command.of("cp", "-a", "made/.", Files.createDirectories(work).toString()).in(dir).check();

    CacheStore.Saved saved =
        new HostDirectory(work).save(job, address(kind, "b2"), List.of(SCOPE), false);

    assertThat(saved.reused()).isGreaterThan(30 * 2000);
    assertThat(saved.added()).isLessThan(5000);
    assertThat(restore(store(), address(kind, "b2"), dir.resolve("next"))).isEmpty();
    assertThat(Tree.describe(dir.resolve("next"))).isEqualTo(Tree.describe(work));
  }

  @Test
  void soDoesItFailAnArchiveAndVerifyTellsIt() throws IOException {
    Address first = address(Kind.CCACHE, "b1");
    new HostDirectory(made).save(store(), first, List.of(SCOPE), false);
    SnapshotStore job = new SnapshotStore(failing(LOST));
    try (InputStream tar =
        ((Opened.Whole) job.open(job.find(first).orElseThrow())).tar(line -> {})) {
      assertThatThrownBy(tar::readAllBytes).hasMessageContaining("the connection is lost");
    }

    assertThat(new Janitor(failing(LOST), Clock.systemUTC()).verify().damaged())
        .singleElement()
        .asString()
        .contains("build b1", "packs/", "the connection is lost");
  }

  @Test
  void whatTheStoreItselfFindsChangedIsNotTakenOver() throws IOException {
    new HostDirectory(made).save(store(), address(Kind.CCACHE, "b1"), List.of(SCOPE), false);
    SnapshotStore job = new SnapshotStore(failing(new OtherBytes("not those that were saved")));
    Path work = dir.resolve("work");
    assertThat(restore(job, address(Kind.CCACHE, "b1"), work)).isNotEmpty();
    Command.of("cp", "-a", "made/.", "work").in(dir).check();

    assertThat(
            new HostDirectory(work)
                .save(store(), address(Kind.CCACHE, "b2"), List.of(SCOPE), false)
                .added())
        .isGreaterThan(30 * 2000);
  }

  /// What opens everything but the contents of files.
  private BlobStore failing(IOException failure) throws IOException {
    BlobStore blobs = new DirectoryStore(dir.resolve("store"));
    String data = "packs/" + data().getFileName();
    return (BlobStore)
        Proxy.newProxyInstance(
            BlobStore.class.getClassLoader(),
            new Class<?>[] {BlobStore.class},
            (proxy, method, arguments) -> {
              if (List.of("open", "read").contains(method.getName()) && data.equals(arguments[0])) {
                throw failure;
              }
              return method.invoke(blobs, arguments);
            });
  }

  private void rot() throws IOException {
    Path data = data();
    byte[] bytes = Files.readAllBytes(data);
    bytes[bytes.length / 2] ^= 1;
    Files.write(data, bytes);
  }

  private Path data() throws IOException {
    try (Stream<Path> packs = Files.list(dir.resolve("store/packs"))) {
      return packs.max(Comparator.comparingLong(p -> p.toFile().length())).orElseThrow();
    }
  }

  private static List<String> restore(SnapshotStore store, Address address, Path to)
      throws IOException {
    Opened opened = store.open(store.find(address).orElseThrow());
    return ((Opened.Whole) opened).restore(to, true).lost();
  }

  private static Address address(Kind kind, String build) {
    return new Address(SCOPE, build, "", kind);
  }

  /// As another process has it.
  private SnapshotStore store() {
    return new SnapshotStore(new DirectoryStore(dir.resolve("store")));
  }
}
