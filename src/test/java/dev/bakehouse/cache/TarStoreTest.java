package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.CacheStore.Saved;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.TarStore.Encoding;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.DirectoryStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TarStoreTest {
  private static final Scope SCOPE = Scope.parse("bun/main", "linux-x64-release");
  private static final Kind GEMS = Kind.directory("gems", "gems");

  @TempDir Path dir;
  private TarStore store;

  @BeforeEach
  void open() {
    store = new TarStore(new DirectoryStore(dir.resolve("store")));
  }

  @ParameterizedTest
  @EnumSource
  void everyKindOfFileComesBack(Encoding encoding) throws IOException {
    Path source = Tree.odd(Files.createDirectories(dir.resolve("source")));
    TarStore each = new TarStore(new DirectoryStore(dir.resolve("s")), encoding, Clock.systemUTC());

    Entry saved = save(each, "b1", GEMS, source).entry().orElseThrow();
    restore(each, saved, dir.resolve("deeper/target"));

    assertThat(Tree.describe(dir.resolve("deeper/target"))).isEqualTo(Tree.describe(source));
    assertThat(saved.files()).isEqualTo(8);
    assertThat(saved.stored()).isEqualTo(Files.size(archives(dir.resolve("s")).getFirst()));
    assertThat(store.find(address("b1", GEMS))).isEmpty();
    assertThat(each.find(address("b1", GEMS)).orElseThrow())
        .usingRecursiveComparison()
        .ignoringFields("used")
        .isEqualTo(saved);
  }

  @Test
  void aRestoreReplacesWhatIsThereAndLeavesNothingElse() throws IOException {
    Path source = Tree.odd(Files.createDirectories(dir.resolve("source")));
    Path target = Files.createDirectories(dir.resolve("in/target"));
    Files.writeString(target.resolve("plain"), "older and longer than the saved one");
    Files.writeString(target.resolve("stray"), "x");

    restore(store, save(store, "b1", GEMS, source).entry().orElseThrow(), target);

    assertThat(Tree.describe(target)).isEqualTo(Tree.describe(source));
    try (Stream<Path> siblings = Files.list(dir.resolve("in"))) {
      assertThat(siblings).containsExactly(target);
    }
  }

  @Test
  void ccacheKeepsItsSettingsAndLeavesTemporaryThingsBehind() throws IOException {
    Path source = Files.createDirectories(dir.resolve("ccache"));
    for (String name :
        List.of("tmp/x", "0/a/1R", "0/stats", "inode-cache-64.v2", "0/a.lock", "ccache.conf")) {
      Files.createDirectories(source.resolve(name).getParent());
      Files.writeString(source.resolve(name), "saved");
    }
    Path target = Files.createDirectories(dir.resolve("target"));
    Files.writeString(target.resolve("ccache.conf"), "mine");

    restore(store, save(store, "b1", Kind.CCACHE, source).entry().orElseThrow(), target);

    assertThat(target.resolve("0/a/1R")).hasContent("saved");
    assertThat(target.resolve("0/stats")).hasContent("saved");
    assertThat(target.resolve("tmp")).isEmptyDirectory();
    assertThat(target.resolve("inode-cache-64.v2")).doesNotExist();
    assertThat(target.resolve("0/a.lock")).doesNotExist();
    assertThat(target.resolve("ccache.conf")).hasContent("mine");
  }

  @Test
  void zigWritesObjectsBeforeTheManifestsThatNameThem() throws IOException {
    Path source = dir.resolve("zig");
    for (String name : List.of("h/1.txt", "o/1/obj", "z/1", "tmp/1")) {
      Files.createDirectories(source.resolve(name).getParent());
      Files.writeString(source.resolve(name), "x");
    }
    save(store, "b1", Kind.ZIG_LOCAL, source);

    String archive = archives(dir.resolve("store")).getFirst().toString();
    List<String> names = Command.of("tar", "-tf", archive).check().text().lines().toList();

    assertThat(names).contains("./tmp/").doesNotContain("./tmp/1");
    assertThat(names.indexOf("./o/1/obj")).isBetween(0, names.indexOf("./h/") - 1);
    assertThat(names.getLast()).isEqualTo("./h/1.txt");
  }

  @Test
  void anEmptyCacheIsNotSavedAndTheStateBeforeItStays() throws IOException {
    Path full = Files.createDirectories(dir.resolve("full/0"));
    Files.writeString(full.resolve("1R"), "x");
    Path empty = Files.createDirectories(dir.resolve("empty/0"));
    Files.writeString(empty.resolve("stats"), "0");

    save(store, "b1", Kind.CCACHE, full.getParent());
    Saved nothing = save(store, "b1", Kind.CCACHE, empty.getParent());
    Saved absent = save(store, "b2", Kind.CCACHE, dir.resolve("absent"));

    assertThat(nothing.entry()).isEmpty();
    assertThat(absent.entry()).isEmpty();
    assertThat(store.all()).hasSize(1);
    assertThat(archives(dir.resolve("store"))).hasSize(1);
  }

  @Test
  void bytesThatChangedAnywhereAreAMiss() throws IOException {
    Entry saved = save(store, "b1", GEMS, Tree.odd(mkdir("source"))).entry().orElseThrow();
    Path archive = archives(dir.resolve("store")).getFirst();
    byte[] good = Files.readAllBytes(archive);
    Random random = new Random(7);
    for (int i = 0; i < 40; i++) {
      byte[] bad = good.clone();
      bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(archive, bad);
      assertThat(damage(saved)).contains("another checksum");
    }
    Files.write(archive, good);
    assertThat(store.open(saved)).isInstanceOf(Opened.Whole.class);
  }

  @Test
  void aTruncatedOrMissingArchiveOrManifestIsAMiss() throws IOException {
    Entry saved = save(store, "b1", GEMS, Tree.odd(mkdir("source"))).entry().orElseThrow();
    Path archive = archives(dir.resolve("store")).getFirst();
    byte[] good = Files.readAllBytes(archive);

    Files.write(archive, Arrays.copyOf(good, good.length / 2));
    assertThat(damage(saved)).contains("bytes, not");
    Files.write(archive, new byte[0]);
    assertThat(damage(saved)).contains("0 bytes, not");
    Files.delete(archive);
    assertThat(damage(saved)).contains("missing");
    Files.write(archive, good);

    Path manifest = dir.resolve("store").resolve(Manifests.key(saved.address()));
    String text = Files.readString(manifest);
    for (String bad :
        List.of(
            "",
            "{}",
            "null",
            "[1]",
            text.substring(0, text.length() / 2),
            text.replace("\"version\":1", "\"version\":9"),
            text.replace("\"ref\":\"main\"", "\"ref\":\"other\""),
            text.replace("archives/", "../archives/"),
            text.replace("archives/", "archives/../"))) {
      Files.writeString(manifest, bad);
      assertThat(store.open(saved)).as(bad).isInstanceOf(Opened.Damaged.class);
      assertThat(store.entries(SCOPE, GEMS)).as(bad).isEmpty();
    }
  }

  @Test
  void anArchiveCutAnywhereIsNotSaved() throws IOException {
    Path source = mkdir("source");
    Files.write(source.resolve("zeros"), new byte[2048]);
    Files.writeString(source.resolve("a"), "a".repeat(600));
    byte[] tar =
        Command.of("tar", "-cf", "-", "--format=pax", "zeros", "a").in(source).check().out();
    // Headers are never all zero, so the padding starts where the last file's blocks end.
    int end = lastHeader(tar);

    for (int length = 0; length < end; length += 256) {
      byte[] cut = Arrays.copyOf(tar, length);
      assertThatThrownBy(() -> store.save(address("b1", GEMS), new ByteArrayInputStream(cut)))
          .as("%d of %d", length, tar.length)
          .isInstanceOf(UserError.class);
    }
    assertThat(store.all()).isEmpty();
    assertThat(archives(dir.resolve("store"))).isEmpty();
  }

  @Test
  void aWriterThatFailsAfterAWholeArchiveSavesNothing() throws IOException {
    byte[] tar = pack(Tree.odd(mkdir("source")));

    assertThatThrownBy(
            () ->
                store.save(
                    address("b1", GEMS),
                    out -> {
                      out.write(tar);
                      throw new IOException("tar ended with status 2");
                    }))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("tar ended with status 2");
    assertThat(store.all()).isEmpty();
  }

  @Test
  void aReaderIsNotDisturbedByADelete() throws IOException {
    Path source = Tree.odd(mkdir("source"));
    Entry saved = save(store, "b1", GEMS, source).entry().orElseThrow();

    try (Opened.Whole whole = (Opened.Whole) store.open(saved)) {
      Files.delete(archives(dir.resolve("store")).getFirst());
      new HostDirectory(dir.resolve("target")).unpack(GEMS, "", whole.tar());
    }

    assertThat(Tree.describe(dir.resolve("target"))).isEqualTo(Tree.describe(source));
  }

  @Test
  void savesAtOnceLoseNothing() throws Exception {
    for (int round = 0; round < 5; round++) {
      Path left = mkdir("left" + round);
      Path right = mkdir("right" + round);
      Files.writeString(left.resolve("f"), "left".repeat(5000));
      Files.writeString(right.resolve("f"), "right".repeat(5000));
      String build = "b" + round;
      List<Callable<Saved>> savers =
          List.of(
              () -> save(store, build, GEMS, left),
              () -> save(store, build, GEMS, right),
              () -> save(store, build, Kind.BUN, left),
              () -> store.save(new Address(SCOPE, build, "other", GEMS), packer(right)));
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (Future<Saved> saved : threads.invokeAll(savers)) {
          assertThat(saved.get().entry()).isPresent();
        }
      }

      restore(store, store.find(address(build, GEMS)).orElseThrow(), dir.resolve("t"));
      assertThat(Tree.describe(dir.resolve("t"))).isIn(Tree.describe(left), Tree.describe(right));
      restore(store, store.find(address(build, Kind.BUN)).orElseThrow(), dir.resolve("t"));
      assertThat(Tree.describe(dir.resolve("t"))).isEqualTo(Tree.describe(left));
      Entry other = store.find(new Address(SCOPE, build, "other", GEMS)).orElseThrow();
      restore(store, other, dir.resolve("t"));
      assertThat(Tree.describe(dir.resolve("t"))).isEqualTo(Tree.describe(right));
    }
  }

  @Test
  void aStepFindsItsOwnStateAndElseTheLastOfTheBuild() throws IOException {
    Path source = Tree.odd(mkdir("source"));
    Address vendor = new Address(SCOPE, "b1", "vendor", GEMS);
    Address cpp = new Address(SCOPE, "b1", "cpp", GEMS);
    store.save(vendor, packer(source));
    store.save(cpp, packer(source));

    assertThat(store.find(vendor).orElseThrow().address()).isEqualTo(vendor);
    assertThat(store.find(cpp).orElseThrow().address()).isEqualTo(cpp);
    assertThat(store.find(address("b1", GEMS)).orElseThrow().address()).isEqualTo(cpp);
    assertThat(store.find(address("b2", GEMS))).isEmpty();
  }

  private String damage(Entry entry) {
    Opened opened = store.open(entry);
    assertThat(opened).isInstanceOf(Opened.Damaged.class);
    return ((Opened.Damaged) opened).why();
  }

  private Path mkdir(String name) throws IOException {
    return Files.createDirectories(dir.resolve(name));
  }

  private static Address address(String build, Kind kind) {
    return new Address(SCOPE, build, "", kind);
  }

  private static CacheStore.TarWriter packer(Path source) {
    return out -> new HostDirectory(source).pack(GEMS, out);
  }

  private static Saved save(TarStore store, String build, Kind kind, Path source) {
    return store.save(address(build, kind), out -> new HostDirectory(source).pack(kind, out));
  }

  private static void restore(TarStore store, Entry entry, Path target) throws IOException {
    try (Opened.Whole whole = (Opened.Whole) store.open(entry)) {
      new HostDirectory(target).unpack(entry.address().kind(), "", whole.tar());
    }
  }

  private static byte[] pack(Path source) throws IOException {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    new HostDirectory(source).pack(GEMS, tar);
    return tar.toByteArray();
  }

  /// Where the zeros at the end begin, rounded up to a block.
  private static int lastHeader(byte[] tar) {
    int last = tar.length;
    while (tar[last - 1] == 0) {
      last--;
    }
    return (last + 511) / 512 * 512;
  }

  private static List<Path> archives(Path store) throws IOException {
    Path top = store.resolve(TarStore.ARCHIVES);
    if (!Files.exists(top)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(top)) {
      return all.toList();
    }
  }
}
