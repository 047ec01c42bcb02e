package dev.bakehouse.store.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.Budget;
import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.HostDirectory;
import dev.bakehouse.cache.Janitor;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.SnapshotStore;
import dev.bakehouse.cache.Swept;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.snapshot.Tree;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.DryRunStore;
import dev.bakehouse.store.StoreContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A bucket that may take up only so much.
@Tag("registry")
class GatewayBudgetTest {
  private static final Scope MAIN = Scope.parse("bun/main", "linux-x64-release");
  private static final Scope PULL = Scope.parse("bun/pull:7", "linux-x64-release");
  private static final int SIZE = 100_000;
  private static final int MORE = 5_000;

  @TempDir static Path dir;
  private static GatewayS3 server;

  @BeforeAll
  static void start() throws Exception {
    server = new GatewayS3(dir.resolve("s3"), "caches");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void theLeastRecentlyUsedGoAndTheOthersAreWhole() throws Exception {
    BlobStore blobs =
        S3Store.of(
            "s3://caches/b?endpoint=http://127.0.0.1:" + server.port(),
            Optional.of(LocalS3.credentials(dir, LocalS3.ID, LocalS3.SECRET)),
            Duration.ofMillis(1));
    SnapshotStore store = new SnapshotStore(blobs);
    save(store, MAIN, "m1");
    save(store, PULL, "p1");
    save(store, PULL, "p2");
    save(store, PULL, "p3");
    use(store, blobs, "p1");

    assertThat(gone(sweep(blobs, Clock.systemUTC(), 1))).as("all are of today").isEmpty();

    Clock later = Clock.offset(Clock.systemUTC(), Duration.ofDays(2));
    Swept said = sweep(new DryRunStore(blobs), later, 2 * SIZE + MORE);
    assertThat(gone(said)).containsExactly("p2", "p3");
    assertThat(store.all()).hasSize(4);

    Swept swept = sweep(blobs, later, 2 * SIZE + MORE);

    assertThat(swept).isEqualTo(said);
    assertThat(swept.left()).isEqualTo(bytes(blobs)).isBetween(2L * SIZE, 2L * SIZE + MORE);
    assertThat(store.all())
        .extracting(e -> e.address().build())
        .containsExactlyInAnyOrder("m1", "p1");
    for (Entry entry : store.all()) {
      Path to = dir.resolve("restored-" + entry.address().build());
      assertThat(((Opened.Whole) store.open(entry)).restore(to).lost()).isEmpty();
      assertThat(Tree.describe(to)).isEqualTo(Tree.describe(tree(entry.address().build())));
    }
    assertThat(new Janitor(blobs, later).verify().damaged()).isEmpty();
  }

  /// Times there are of whole seconds, and its own.
  private static void use(SnapshotStore store, BlobStore blobs, String build) throws IOException {
    Entry entry =
        store.all().stream()
            .filter(e -> e.address().build().equals(build))
            .findFirst()
            .orElseThrow();
    Instant newest =
        blobs.list("manifests").stream()
            .map(BlobInfo::modified)
            .max(Instant::compareTo)
            .orElseThrow();
    Instant used =
        Poll.until(
            "a use in a later second",
            Duration.ofSeconds(30),
            () -> {
              store.used(entry);
              return store.find(entry.address()).map(Entry::used).filter(newest::isBefore);
            });
    assertThat(used).isAfter(newest);
  }

  private static Path tree(String build) {
    return dir.resolve("tree-" + build);
  }

  private static void save(SnapshotStore store, Scope scope, String build) throws IOException {
    Path tree = Files.createDirectories(tree(build));
    Files.write(tree.resolve("x"), StoreContract.random(build.hashCode(), SIZE));
    new HostDirectory(tree)
        .save(store, new Address(scope, build, "s", Kind.BUN), List.of(scope), true);
  }

  private static Swept sweep(BlobStore blobs, Clock clock, long budget) {
    return new Janitor(blobs, clock)
        .sweep(
            Duration.ofDays(30),
            Janitor.GRACE,
            Optional.of(new Budget(budget, Set.of("main"))),
            Janitor.FailedBuilds.UNKNOWN);
  }

  private static List<String> gone(Swept swept) {
    return swept.gone().stream().map(gone -> gone.entry().address().build()).toList();
  }

  private static long bytes(BlobStore blobs) throws IOException {
    return blobs.list("").stream().mapToLong(BlobInfo::size).sum();
  }
}
