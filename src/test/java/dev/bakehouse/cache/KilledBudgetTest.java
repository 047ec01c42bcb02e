package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.snapshot.Tree;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.DirectoryStore;
import dev.bakehouse.store.StoreContract;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// KILL of a sweep for a budget before each blob that it removes, and after the last.
class KilledBudgetTest {
  private static final Scope MAIN = Scope.parse("bun/main", "linux-x64-release");
  private static final int BUILDS = 5;
  private static final int SIZE = 60_000;

  /// Room for one build's caches, with what is dead in the packs they share with others.
  private static final long BUDGET = 3 * SIZE + 20_000;

  /// Everything is old by then.
  private static final Clock LATER =
      Clock.fixed(Instant.now().plus(Duration.ofDays(2)), ZoneOffset.UTC);

  @TempDir Path dir;

  @Test
  void whatIsLeftIsWholeWheneverTheSweepIsKilled() throws Exception {
    Path full = dir.resolve("full");
    Path tree = Files.createDirectories(dir.resolve("tree"));
    Files.write(tree.resolve("shared"), StoreContract.random(1, SIZE));
    SnapshotStore store = new SnapshotStore(new DirectoryStore(full));
    for (int build = 0; build < BUILDS; build++) {
      Files.write(tree.resolve("own"), StoreContract.random(10 + build, SIZE));
      Command.of("cp", "-a", "tree", "tree" + build).in(dir).check();
      for (Kind kind : List.of(Kind.BUN, Kind.directory("gems", "gems"))) {
        new HostDirectory(tree)
            .save(store, new Address(MAIN, "b" + build, "s", kind), List.of(MAIN), true);
      }
    }
    int removed = 0;
    int between = 0;
    boolean killed = true;
    while (killed) {
      Command.of("cp", "-a", full.toString(), "store").in(dir).check();
      killed = kill(dir.resolve("store"), removed);
      boolean over = look(dir.resolve("store"));
      between += killed && removed > 0 && over ? 1 : 0;
      Directories.delete(dir.resolve("store"));
      removed += killed ? 1 : 0;
    }
    assertThat(removed).as("blobs that it removes").isGreaterThan(BUILDS);
    assertThat(between).as("kills in the middle").isPositive();
  }

  /// @return whether it still was over its budget
  private boolean look(Path root) throws IOException {
    DirectoryStore blobs = new DirectoryStore(root);
    Janitor janitor = new Janitor(blobs, LATER);
    assertThat(janitor.verify().damaged()).isEmpty();
    assertRestores(blobs);
    boolean over = bytes(blobs) > BUDGET;

    assertThat(sweep(blobs).over(BUDGET)).isZero();

    assertThat(bytes(blobs)).isLessThanOrEqualTo(BUDGET);
    assertThat(sweep(blobs).blobs()).as("nothing is left over").isZero();
    assertThat(new SnapshotStore(blobs).all())
        .extracting(e -> e.address().build())
        .as("the newest of main, both of its caches")
        .containsExactly("b" + (BUILDS - 1), "b" + (BUILDS - 1));
    assertRestores(blobs);
    return over;
  }

  private void assertRestores(BlobStore blobs) throws IOException {
    SnapshotStore store = new SnapshotStore(blobs);
    assertThat(store.all()).isNotEmpty();
    for (Entry entry : store.all()) {
      Path to = dir.resolve("restored/t");
      assertThat(((Opened.Whole) store.open(entry)).restore(to).lost()).isEmpty();
      Path was = dir.resolve("tree" + entry.address().build().substring(1));
      assertThat(Tree.describe(to)).isEqualTo(Tree.describe(was));
      Directories.delete(dir.resolve("restored"));
    }
  }

  private static long bytes(BlobStore blobs) throws IOException {
    return blobs.list("").stream().mapToLong(BlobInfo::size).sum();
  }

  private static Swept sweep(BlobStore blobs) {
    return new Janitor(blobs, LATER)
        .sweep(
            Duration.ofDays(30),
            Janitor.GRACE,
            Optional.of(new Budget(BUDGET, Set.of("main"))),
            Janitor.FailedBuilds.UNKNOWN);
  }

  /// @param before how many blobs it has removed by then
  /// @return false when it came to its end
  private static boolean kill(Path store, int before) throws Exception {
    Process child =
        Command.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Sweeper.class.getName(),
                store.toString(),
                String.valueOf(before))
            .start();
    try {
      int mark = child.getInputStream().read();
      if (mark < 0) {
        assertThat(new String(child.getErrorStream().readAllBytes())).isEmpty();
        assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(child.exitValue()).isZero();
      }
      return mark >= 0;
    } finally {
      child.toHandle().destroyForcibly();
      child.waitFor(60, TimeUnit.SECONDS);
    }
  }

  /// The child: sweeps, and waits to be killed before it removes one blob more than it may.
  static final class Sweeper {
    private Sweeper() {}

    private static int left;

    public static void main(String[] args) {
      left = Integer.parseInt(args[1]);
      BlobStore blobs = new DirectoryStore(Path.of(args[0]));
      Swept _ =
          sweep(
              (BlobStore)
                  Proxy.newProxyInstance(
                      BlobStore.class.getClassLoader(),
                      new Class<?>[] {BlobStore.class},
                      (proxy, method, arguments) -> {
                        if (method.getName().equals("delete") && left-- == 0) {
                          System.out.print('.');
                          System.out.flush();
                          System.exit(System.in.read());
                        }
                        try {
                          return method.invoke(blobs, arguments);
                        } catch (InvocationTargetException e) {
                          throw e.getCause();
                        }
                      }));
    }
  }
}
