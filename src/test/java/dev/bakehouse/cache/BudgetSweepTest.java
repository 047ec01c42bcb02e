package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.Janitor.FailedBuilds;
import dev.bakehouse.snapshot.Tree;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.DirectoryStore;
import dev.bakehouse.store.DryRunStore;
import dev.bakehouse.store.StoreContract;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A store that may take up only so much.
class BudgetSweepTest {
  private static final Scope MAIN = Scope.parse("bun/main", "linux-x64-release");
  private static final Scope PULL = Scope.parse("bun/pull:7", "linux-x64-release");

  /// A cache of so many bytes takes little more in the store.
  private static final int SIZE = 100_000;

  private static final int MORE = 5_000;

  @TempDir Path dir;
  private DirectoryStore blobs;

  @BeforeEach
  void open() {
    blobs = new DirectoryStore(dir.resolve("store"));
  }

  @Test
  void theLeastRecentlyUsedGoFirstUntilTheOthersFit() throws IOException {
    for (int build = 1; build <= 4; build++) {
      age(save(PULL, "b" + build, Kind.BUN), 20 - build);
    }
    // The oldest was used since.
    age(entry("b1"), 2);
    agePacks();

    Swept swept = sweep(2 * SIZE + MORE);

    assertThat(gone(swept)).containsExactly("b2", "b3");
    assertThat(swept.gone()).extracting(Swept.Gone::why).allMatch(why -> why.contains("least"));
    assertThat(swept.left()).isBetween(2L * SIZE, 2L * SIZE + MORE).isEqualTo(bytes(blobs));
    assertThat(swept.over(2 * SIZE + MORE)).isZero();
    assertThat(swept.freed()).isGreaterThan(2L * SIZE);
    assertWhole("b1", "b4");
  }

  @Test
  void whatFitsStaysThoughItsCachesAreLargerOneByOne() throws IOException {
    age(save(PULL, "b1", Kind.BUN), 9);
    Path grown = dir.resolve("tree-b1");
    Files.write(grown.resolve("more"), StoreContract.random(99, SIZE));
    age(save(PULL, "b2", Kind.BUN, grown), 8);
    agePacks();
    assertThat(entries()).extracting(Entry::stored).allMatch(stored -> stored > SIZE);

    assertThat(sweep(2 * SIZE + MORE).gone()).isEmpty();

    Swept swept = sweep(2 * SIZE - 1);
    assertThat(gone(swept)).as("the older frees nothing but its name").containsExactly("b1", "b2");
    assertThat(bytes(blobs)).isZero();
  }

  @Test
  void theNewestOfMainGoesLast() throws IOException {
    age(save(MAIN, "m1", Kind.BUN), 20);
    age(save(MAIN, "m2", Kind.BUN), 25);
    age(save(PULL, "p1", Kind.BUN), 3);
    age(save(MAIN, "g1", Kind.directory("gems", "gems")), 15);
    agePacks();

    Swept swept = sweep(2 * SIZE + MORE);
    assertThat(gone(swept)).containsExactly("m1", "p1");
    assertWhole("m2", "g1");

    Swept all = sweep(SIZE + MORE);
    assertThat(gone(all)).containsExactly("m2");
    assertThat(all.gone().getFirst().why()).contains("no other cache can go");
    assertWhole("g1");
  }

  @Test
  void ofMainItIsTheNewestThatCanBeUsed() throws IOException {
    age(save(MAIN, "m1", Kind.BUN), 20);
    List<BlobInfo> before = blobs.list("packs");
    age(save(MAIN, "m2", Kind.BUN), 10);
    for (BlobInfo pack : blobs.list("packs")) {
      if (!before.contains(pack) && pack.size() >= SIZE) {
        blobs.delete(pack.key());
      }
    }
    age(save(PULL, "p1", Kind.BUN), 5);
    agePacks();

    assertThat(gone(sweep(SIZE + MORE))).containsExactly("m2", "p1");
    assertWhole("m1");
  }

  @Test
  void whatWasUsedTodayStaysAndTheBudgetIsNotKept() throws IOException {
    age(save(MAIN, "m1", Kind.BUN), 9);
    save(PULL, "p1", Kind.BUN);
    save(PULL, "p2", Kind.BUN);
    agePacks();

    Swept swept = sweep(SIZE);

    assertThat(gone(swept)).containsExactly("m1");
    assertThat(swept.kept()).isEqualTo(2);
    assertThat(swept.over(SIZE)).isBetween((long) SIZE, (long) SIZE + MORE);
    assertWhole("p1", "p2");
  }

  /// A restore touches its manifest before it reads.
  @Test
  void whatIsUsedWhileTheSweepLooksStays() throws IOException {
    age(save(PULL, "b1", Kind.BUN), 9);
    age(save(PULL, "b2", Kind.BUN), 8);
    agePacks();
    BlobStore touched =
        (BlobStore)
            Proxy.newProxyInstance(
                BlobStore.class.getClassLoader(),
                new Class<?>[] {BlobStore.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("list") && arguments[0].equals("history")) {
                    blobs.touch(Manifests.key(entry("b1").address()));
                  }
                  try {
                    return method.invoke(blobs, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });

    assertThat(gone(sweep(touched, SIZE + MORE))).containsExactly("b2");
    assertWhole("b1");
  }

  @Test
  void whatOneStepOfABuildSavedGoesTogether() throws IOException {
    age(save(PULL, "z1", Kind.ZIG_LOCAL), 20);
    age(save(PULL, "z1", Kind.ZIG_GLOBAL), 19);
    age(save(PULL, "z2", Kind.ZIG_LOCAL), 18);
    age(save(PULL, "z2", Kind.ZIG_GLOBAL), 1);
    age(save(PULL, "b1", Kind.BUN), 5);
    agePacks();

    assertThat(gone(sweep(5 * SIZE - MORE))).containsExactlyInAnyOrder("z1", "z1");
    assertThat(gone(sweep(3 * SIZE - MORE))).as("z2 was used").containsExactly("b1");
    assertThat(entries()).extracting(e -> e.address().build()).containsExactly("z2", "z2");
  }

  /// A saver touched the packs that it takes over; what it publishes may need them.
  @Test
  void packsThatASaverTookOverStayAndAreNotAskedOfOthers() throws IOException {
    age(save(PULL, "b1", Kind.BUN), 9);
    agePacks();
    for (BlobInfo pack : blobs.list("packs")) {
      blobs.touch(pack.key());
    }
    int taken = blobs.list("packs").size();
    age(save(PULL, "b2", Kind.BUN), 8);

    Swept swept = sweep(SIZE + MORE);

    assertThat(gone(swept)).containsExactly("b1");
    assertThat(swept.waiting()).isGreaterThanOrEqualTo(SIZE);
    assertThat(swept.over(SIZE + MORE)).isZero();
    assertThat(blobs.list("packs")).hasSize(2 * taken);
    assertThat(sweep(SIZE + MORE).gone()).as("those packs go by themselves").isEmpty();
    agePacks();
    assertThat(sweep(SIZE + MORE).left()).isBetween((long) SIZE, (long) SIZE + MORE);
    assertWhole("b2");
  }

  @Test
  void aDryRunSaysTheSameAndRemovesNothing() throws IOException {
    age(save(PULL, "expired", Kind.BUN), 31);
    age(save(PULL, "b1", Kind.BUN), 9);
    age(save(PULL, "b2", Kind.BUN), 8);
    agePacks();
    List<BlobInfo> before = sorted(blobs.list(""));

    Swept said = sweep(new DryRunStore(blobs), SIZE + MORE);

    assertThat(sorted(blobs.list(""))).isEqualTo(before);
    assertThat(gone(said)).containsExactly("expired", "b1");
    assertThat(sweep(SIZE + MORE)).isEqualTo(said);
    assertThat(bytes(blobs)).isEqualTo(said.left());
  }

  private Entry save(Scope scope, String build, Kind kind) throws IOException {
    Path tree = dir.resolve("tree-" + build);
    Files.createDirectories(tree.resolve("o"));
    int seed = (build + kind.name()).hashCode();
    Files.write(tree.resolve("o/x"), StoreContract.random(seed, SIZE));
    return save(scope, build, kind, tree);
  }

  private Entry save(Scope scope, String build, Kind kind, Path tree) {
    return new HostDirectory(tree)
        .save(new SnapshotStore(blobs), new Address(scope, build, "s", kind), List.of(scope), true)
        .entry()
        .orElseThrow();
  }

  private Swept sweep(long budget) {
    return sweep(blobs, budget);
  }

  private static Swept sweep(BlobStore store, long budget) {
    return new Janitor(store, Clock.systemUTC())
        .sweep(
            Duration.ofDays(30),
            Janitor.GRACE,
            Optional.of(new Budget(budget, Set.of("main"))),
            FailedBuilds.UNKNOWN);
  }

  private static List<String> gone(Swept swept) {
    return swept.gone().stream().map(gone -> gone.entry().address().build()).toList();
  }

  private List<Entry> entries() {
    return new SnapshotStore(blobs).all();
  }

  private Entry entry(String build) {
    return entries().stream()
        .filter(e -> e.address().build().equals(build))
        .findFirst()
        .orElseThrow();
  }

  /// These are all there is, and come back as they were saved.
  private void assertWhole(String... builds) throws IOException {
    assertThat(entries()).extracting(e -> e.address().build()).containsExactlyInAnyOrder(builds);
    SnapshotStore store = new SnapshotStore(blobs);
    for (String build : builds) {
      Path to = Files.createTempDirectory(dir, "restored").resolve("t");
      Opened.Whole whole = (Opened.Whole) store.open(entry(build));
      assertThat(whole.restore(to).lost()).isEmpty();
      assertThat(Tree.describe(to)).isEqualTo(Tree.describe(dir.resolve("tree-" + build)));
    }
    assertThat(new Janitor(blobs, Clock.systemUTC()).verify().damaged()).isEmpty();
  }

  private static long bytes(BlobStore store) throws IOException {
    return store.list("").stream().mapToLong(BlobInfo::size).sum();
  }

  private static List<BlobInfo> sorted(List<BlobInfo> all) {
    return all.stream().sorted(Comparator.comparing(BlobInfo::key)).toList();
  }

  private void age(Entry entry, int days) throws IOException {
    age(Manifests.key(entry.address()), days);
  }

  private void agePacks() throws IOException {
    for (String prefix : List.of("packs", "snapshots")) {
      for (BlobInfo blob : blobs.list(prefix)) {
        age(blob.key(), 40);
      }
    }
  }

  private void age(String key, int days) throws IOException {
    Instant then = Instant.now().minus(Duration.ofDays(days)).truncatedTo(ChronoUnit.SECONDS);
    Files.setLastModifiedTime(dir.resolve("store").resolve(key), FileTime.from(then));
  }
}
