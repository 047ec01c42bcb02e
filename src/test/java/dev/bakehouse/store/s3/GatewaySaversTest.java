package dev.bakehouse.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.HostDirectory;
import dev.bakehouse.cache.Janitor;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.SnapshotStore;
import dev.bakehouse.oci.Fault;
import dev.bakehouse.oci.FaultyRegistry;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.Tree;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.LateStore;
import dev.bakehouse.store.StoreContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Hosts that save to one real server at once, over links that fail: the last published state is
/// whole, nothing published is lost, what is left over is collected.
@Tag("registry")
class GatewaySaversTest {
  private static final Scope SCOPE = Scope.parse("bun/main", "linux-x64-release");
  private static final String BUSY =
      "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Reduce your rate</Message></Error>";
  private static final AtomicInteger PREFIXES = new AtomicInteger();

  @TempDir static Path dir;
  private static GatewayS3 server;
  private static FaultyRegistry link;
  private String prefix = "";
  private Path work = dir;

  @BeforeAll
  static void start() throws Exception {
    server = new GatewayS3(dir.resolve("s3"), "caches");
    link = FaultyRegistry.before("127.0.0.1:" + server.port());
  }

  @AfterAll
  static void stop() throws IOException {
    link.close();
    server.close();
  }

  @BeforeEach
  void begin() throws IOException {
    link.reset();
    prefix = "t" + PREFIXES.incrementAndGet();
    work = Files.createDirectories(dir.resolve(prefix));
  }

  private BlobStore at(String host) throws Exception {
    return S3Store.of(
        "s3://caches/" + prefix + "?endpoint=http://" + host,
        Optional.of(LocalS3.credentials(work, LocalS3.ID, LocalS3.SECRET)),
        Duration.ofMillis(1));
  }

  private BlobStore direct() throws Exception {
    return at("127.0.0.1:" + server.port());
  }

  static Stream<Arguments> links() {
    return Stream.of(
        Arguments.of(2, 10, Fault.status(500)),
        Arguments.of(8, 10, Fault.status(500)),
        Arguments.of(8, 10, new Fault.Status(503, Map.of(), BUSY)),
        Arguments.of(8, 10, new Fault.Reset(-1)),
        Arguments.of(8, 10, new Fault.Reset(700)),
        Arguments.of(8, 10, new Fault.Truncate(700)),
        Arguments.of(8, 10, new Fault.ResetRequest(700)),
        Arguments.of(2, 1, new Fault.Late(20)),
        Arguments.of(8, 1, new Fault.Late(20)));
  }

  @ParameterizedTest
  @MethodSource("links")
  void saversAtOnceLoseNothing(int savers, int every, Fault fault) throws Exception {
    List<Path> trees = trees(savers);
    SnapshotStore over = new SnapshotStore(at(link.host()));
    link.every(every, fault);
    List<Callable<Boolean>> saves = new ArrayList<>();
    for (int i = 0; i < savers; i++) {
      String build = "b" + i;
      Path tree = trees.get(i);
      saves.add(
          () -> {
            HostDirectory cache = new HostDirectory(tree);
            cache.save(over, new Address(SCOPE, build, "s", Kind.BUN), List.of(SCOPE), false);
            cache.save(over, new Address(SCOPE, "all", "s", Kind.BUN), List.of(SCOPE), true);
            return true;
          });
    }
    atOnce(saves);
    for (int i = 0; i < savers; i++) {
      assertThat(restored(over, "b" + i)).isEqualTo(Tree.describe(trees.get(i)));
    }

    link.reset();
    assertThat(restored(new SnapshotStore(direct()), "all"))
        .isIn(trees.stream().map(Tree::describe).toList());
    assertThat(new Janitor(direct(), Clock.systemUTC()).verify().damaged()).isEmpty();
  }

  /// Each sees of the store what was there when it began.
  @Test
  void eightThatSeeEachOtherLateLoseNothing() throws Exception {
    List<Path> trees = trees(8);
    BlobStore real = direct();
    save(real, "before", trees.getFirst());
    List<Callable<Boolean>> saves = new ArrayList<>();
    for (int i = 0; i < trees.size(); i++) {
      String build = "b" + i;
      Path tree = trees.get(i);
      LateStore late = new LateStore(real);
      saves.add(
          () -> {
            save(late, build, tree);
            new Janitor(late, Clock.systemUTC())
                .sweep(
                    Duration.ofDays(30),
                    Janitor.GRACE,
                    Optional.empty(),
                    Janitor.FailedBuilds.UNKNOWN);
            return true;
          });
    }
    atOnce(saves);

    for (int i = 0; i < trees.size(); i++) {
      assertThat(restored(new SnapshotStore(real), "b" + i)).isEqualTo(Tree.describe(trees.get(i)));
    }
    assertThat(new Janitor(real, Clock.systemUTC()).verify().damaged()).isEmpty();
  }

  /// The server did what was asked and its answer was lost: asked again it knows no such upload.
  @Test
  void aLargeUploadWhoseAnswerWasLostCounts() throws Exception {
    byte[] large = StoreContract.random(1, 40 << 20);
    BlobStore store = at(link.host());
    link.on("POST", "large.*uploadId", new Fault.Reset(-1));

    StoreContract.publish(store, "large", large);

    assertThat(Arrays.equals(StoreContract.all(store, "large"), large)).isTrue();
    assertThat(link.count("POST", "large.*uploadId")).isEqualTo(2);
  }

  @Test
  void anAnswerWhoseTextBreaksOffIsAskedForAgain() throws Exception {
    BlobStore store = at(link.host());
    StoreContract.publish(store, "k", "x");
    link.reset();
    link.on("PUT", "/k", new Fault.Reset(10));

    store.touch("k");

    assertThat(link.count("PUT", "/k(?!.*uploadId)")).as("copies onto itself").isEqualTo(2);
    assertThat(StoreContract.read(store, "k")).isEqualTo("x");
  }

  /// Whatever the request at which the link goes away for good.
  @Test
  void aLinkThatIsLostLeavesTheStateBefore() throws Exception {
    Path tree = trees(1).getFirst();
    save(direct(), "b", tree);
    String before = Tree.describe(tree);
    Files.write(tree.resolve("grown"), StoreContract.random(9, 40 << 20));
    for (String at : List.of("packs", "snapshots", "manifests")) {
      link.reset();
      link.always("PUT", at, new Fault.ResetRequest(0));

      assertThatThrownBy(() -> save(at(link.host()), "b", tree))
          .as(at)
          .isInstanceOf(UserError.class)
          .hasMessageContaining("Could not save");

      assertThat(link.count("PUT", at))
          .as("tried until it is given up: " + at)
          .isGreaterThanOrEqualTo(8);
      assertThat(restored(new SnapshotStore(direct()), "b")).as(at).isEqualTo(before);
    }
    link.reset();
    save(at(link.host()), "b", tree);
    assertThat(restored(new SnapshotStore(direct()), "b")).isEqualTo(Tree.describe(tree));
    Clock later = Clock.offset(Clock.systemUTC(), Duration.ofDays(2));
    new Janitor(direct(), later)
        .sweep(Duration.ofDays(30), Janitor.GRACE, Optional.empty(), Janitor.FailedBuilds.UNKNOWN);
    assertThat(direct().deleteAbandoned(Instant.now().plusSeconds(3600))).isZero();
    assertThat(direct().list("snapshots")).hasSize(1);
    assertThat(restored(new SnapshotStore(direct()), "b")).isEqualTo(Tree.describe(tree));
  }

  private List<Path> trees(int count) throws IOException {
    List<Path> trees = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Path tree = Files.createDirectories(work.resolve("tree" + i + "/sub")).getParent();
      for (int j = 0; j < 20; j++) {
        Files.write(tree.resolve("sub/own" + j), StoreContract.random(100L * i + j, 4000));
      }
      Files.write(tree.resolve("shared"), StoreContract.random(7, 200_000));
      Files.write(tree.resolve("large"), StoreContract.random(1000L + i, 300_000));
      trees.add(tree);
    }
    return trees;
  }

  private static void save(BlobStore store, String build, Path tree) {
    new HostDirectory(tree)
        .save(
            new SnapshotStore(store),
            new Address(SCOPE, build, "s", Kind.BUN),
            List.of(SCOPE),
            false);
  }

  private String restored(SnapshotStore store, String build) throws IOException {
    Entry entry = store.find(new Address(SCOPE, build, "s", Kind.BUN)).orElseThrow();
    Path to = Files.createTempDirectory(work, "restored").resolve("t");
    assertThat(((Opened.Whole) store.open(entry)).restore(to).lost()).isEmpty();
    return Tree.describe(to);
  }

  private static void atOnce(List<Callable<Boolean>> work) throws Exception {
    try (var threads = Executors.newFixedThreadPool(work.size())) {
      for (Future<Boolean> each : threads.invokeAll(work)) {
        assertThat(each.get()).isTrue();
      }
    }
  }
}
