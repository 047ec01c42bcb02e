package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.CacheStore.Saved;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.Restored;
import dev.bakehouse.snapshot.Tree;
import dev.bakehouse.store.DirectoryStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SnapshotStoreTest {
  private static final Scope SCOPE = Scope.parse("bun/main", "linux-x64-release");
  private static final Kind GEMS = Kind.directory("gems", "gems");

  @TempDir Path dir;
  private SnapshotStore store;

  @BeforeEach
  void open() {
    store = new SnapshotStore(new DirectoryStore(dir.resolve("store")));
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
      assertThat(siblings)
          .containsExactlyInAnyOrder(
              target,
              dir.resolve("in/.target.bakehouse"),
              dir.resolve("in/.target.bakehouse.lock"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"pull:7", "branch:x", "branch:pull:7"})
  void aBranchMayBeCalledAsAPullRequestIsWritten(String branch) throws IOException {
    Path source = Files.createDirectories(dir.resolve("source"));
    Files.writeString(source.resolve("x"), "x");
    Scope scope = new Scope("bun", new Scope.Branch(branch), "linux-x64-release");
    Address address = new Address(scope, "b1", "", GEMS);
    Saved _ = new HostDirectory(source).save(store, address, List.of(), true);

    assertThat(store.find(address)).map(Entry::address).contains(address);
    assertThat(Scope.parse("bun/" + scope.ref().text(), "linux-x64-release")).isEqualTo(scope);
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
  void aWriterThatFailsAfterAWholeArchiveSavesNothing() throws IOException {
    byte[] tar = pack(Tree.odd(mkdir("source")));

    assertThatThrownBy(
            () ->
                store.save(
                    address("b1", GEMS),
                    out -> {
                      out.write(tar);
                      throw new IOException("tar ended with status 2");
                    },
                    Basis.of(SCOPE)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("tar ended with status 2");
    assertThat(store.all()).isEmpty();
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
              () -> save(store, new Address(SCOPE, build, "other", GEMS), right));
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
    save(store, vendor, source);
    save(store, cpp, source);

    assertThat(store.find(vendor).orElseThrow().address()).isEqualTo(vendor);
    assertThat(store.find(cpp).orElseThrow().address()).isEqualTo(cpp);
    assertThat(store.find(address("b1", GEMS)).orElseThrow().address()).isEqualTo(cpp);
    assertThat(store.find(address("b2", GEMS))).isEmpty();
  }

  @Test
  void zigWritesObjectsBeforeTheManifestsThatNameThem() throws IOException {
    Path source = dir.resolve("zig");
    for (String name : List.of("h/1.txt", "o/1/obj", "z/1", "tmp/1")) {
      Files.createDirectories(source.resolve(name).getParent());
      Files.writeString(source.resolve(name), "x");
    }
    Entry saved = save(store, "b1", Kind.ZIG_LOCAL, source).entry().orElseThrow();

    byte[] tar;
    try (InputStream in = open(store, saved).tar(line -> {})) {
      tar = in.readAllBytes();
    }
    List<String> names = Command.of("tar", "-tf", "-").input(tar).check().text().lines().toList();

    assertThat(names).contains("tmp/").doesNotContain("tmp/1");
    assertThat(names.indexOf("o/1/obj")).isBetween(0, names.indexOf("h/1.txt"));
    assertThat(names.getLast()).as("directories last").endsWith("/");
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
    assertThat(blobs("snapshots")).hasSize(1);
  }

  @Test
  void aManifestThatIsNoneIsAMiss() throws IOException {
    Entry saved = save(store, "b1", GEMS, Tree.odd(mkdir("source"))).entry().orElseThrow();
    Path manifest = dir.resolve("store").resolve(Manifests.key(saved.address()));
    String text = Files.readString(manifest);
    for (String bad :
        List.of(
            "",
            "{}",
            "null",
            "[1]",
            text.substring(0, text.length() / 2),
            text.replace("\"version\":2", "\"version\":9"),
            text.replace("\"ref\":\"main\"", "\"ref\":\"other\""),
            text.replace("\"snapshot\":\"", "\"snapshot\":\"../"))) {
      Files.writeString(manifest, bad);
      assertThat(store.find(saved.address())).as(bad).isEmpty();
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
    int end = lastHeader(tar);

    for (int length = 0; length < end; length += 256) {
      byte[] cut = Arrays.copyOf(tar, length);
      assertThatThrownBy(
              () -> store.save(address("b1", GEMS), out -> out.write(cut), Basis.of(SCOPE)))
          .as("%d of %d", length, tar.length)
          .isInstanceOf(UserError.class);
    }
    assertThat(store.all()).isEmpty();
  }

  @Test
  void aCacheThatShrankIsRefusedUnlessItMay() throws IOException {
    Path source = mkdir("source");
    Files.write(source.resolve("a"), new byte[9000]);
    Files.write(source.resolve("b"), new byte[1000]);
    save(store, "b1", GEMS, source);
    Files.delete(source.resolve("a"));

    HostDirectory directory = new HostDirectory(source);
    assertThatThrownBy(() -> directory.save(store, address("b2", GEMS), List.of(SCOPE), false))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("less than half");
    assertThat(store.all()).hasSize(1);
    assertThat(directory.save(store, address("b2", GEMS), List.of(SCOPE), true).entry())
        .isPresent();
  }

  @Test
  void entriesOfCcacheThatNobodyUsesLeaveAndTheirAbsenceIsNoShrinking() throws IOException {
    Path source = Files.createDirectories(dir.resolve("ccache/0"));
    Files.write(source.resolve("usedR"), new byte[10]);
    Files.write(source.resolve("oldR"), new byte[1000]);
    Files.writeString(source.resolve("stats"), "0");
    save(store, "b1", Kind.CCACHE, source.getParent());
    Tree.sh(source, "touch", "-d", "8 days ago", "oldR", "stats");

    Entry saved = save(store, "b2", Kind.CCACHE, source.getParent()).entry().orElseThrow();

    open(store, saved).restore(dir.resolve("t"));
    assertThat(dir.resolve("t/0")).isDirectoryContaining("glob:**/usedR");
    assertThat(dir.resolve("t/0/stats")).exists();
    assertThat(dir.resolve("t/0/oldR")).doesNotExist();
  }

  @Test
  void onlyTheSameStepsCacheCanHaveShrunk() throws IOException {
    Path large = mkdir("large");
    Files.write(large.resolve("x"), new byte[1000]);
    Path small = mkdir("small");
    Files.write(small.resolve("x"), new byte[10]);
    Saved _ = save(store, new Address(SCOPE, "b1", "s#0/2", GEMS), large);

    Address second = new Address(SCOPE, "b1", "s#1/2", GEMS);
    assertThat(save(store, second, small).entry()).map(Entry::bytes).contains(10L);

    Address first = new Address(SCOPE, "b2", "s#0/2", GEMS);
    Files.delete(dir.resolve(".small.bakehouse"));
    assertThatThrownBy(() -> save(store, first, small)).hasMessageContaining("less than half");
  }

  @Test
  void aMissingPackCostsWhatDependsOnItAndZigAll() throws IOException {
    Path source = mkdir("source");
    Files.writeString(source.resolve("first"), "first");
    for (Kind kind : List.of(GEMS, Kind.ZIG_LOCAL)) {
      save(store, "b1", kind, source);
    }
    Files.writeString(source.resolve("second"), "second");
    List<Path> before = blobs("packs");
    for (Kind kind : List.of(GEMS, Kind.ZIG_LOCAL)) {
      Entry saved = save(store, "b2", kind, source).entry().orElseThrow();
      List<Path> fresh = blobs("packs").stream().filter(p -> !before.contains(p)).toList();
      for (Path pack : fresh) {
        if (Files.readString(pack, java.nio.charset.StandardCharsets.ISO_8859_1).equals("second")) {
          Files.delete(pack);
        }
      }
      if (kind == GEMS) {
        Restored restored = open(store, saved).restore(dir.resolve("t"));
        assertThat(restored.lost()).hasSize(1).allMatch(line -> line.startsWith("second: packs/"));
        assertThat(dir.resolve("t/first")).hasContent("first");
        assertThat(dir.resolve("t/second")).doesNotExist();
      } else {
        assertThat(damage(saved)).contains("missing");
      }
    }
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

  private static Saved save(SnapshotStore store, Address address, Path source) {
    return new HostDirectory(source).save(store, address, List.of(SCOPE), false);
  }

  private static Saved save(SnapshotStore store, String build, Kind kind, Path source) {
    return new HostDirectory(source).save(store, address(build, kind), List.of(SCOPE), false);
  }

  private static Opened.Whole open(SnapshotStore store, Entry entry) {
    return (Opened.Whole) store.open(entry);
  }

  private static void restore(SnapshotStore store, Entry entry, Path target) throws IOException {
    assertThat(open(store, entry).restore(target, true).lost()).isEmpty();
  }

  private static byte[] pack(Path source) throws IOException {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    new LocalGuest(source).pack(GEMS, tar);
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

  private List<Path> blobs(String prefix) throws IOException {
    try (Stream<Path> all = Files.list(dir.resolve("store").resolve(prefix))) {
      return all.toList();
    }
  }
}
