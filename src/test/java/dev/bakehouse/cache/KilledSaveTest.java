package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.snapshot.HostTree;
import dev.bakehouse.snapshot.Node.File;
import dev.bakehouse.snapshot.TreeSource;
import dev.bakehouse.store.DirectoryStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// KILL at random moments of a process that saves one generation after the other into one place.
class KilledSaveTest {
  private static final Kind GEMS = Kind.directory("gems", "gems");
  private static final Address ADDRESS =
      new Address(Scope.parse("bun/main", "linux-x64-release"), "b1", "", GEMS);
  private static final int ROUNDS = 12;

  @TempDir Path dir;

  @Test
  void theLastStateStaysWhole() throws Exception {
    Random random = new Random(42);
    Path root = dir.resolve("store");
    SnapshotStore store = new SnapshotStore(new DirectoryStore(root));
    int killedInside = 0;
    int finished = -1;
    for (int round = 0; round < (killedInside == 0 ? 3 : 1) * ROUNDS; round++) {
      Process child = saver(root, finished + 1).start();
      if (round >= ROUNDS) {
        killAtTheSightOfAnUpload(child, root);
      }
      int saved = killAfter(child, 1 + random.nextInt(1500));
      finished = Math.max(finished, saved);
      killedInside += abandoned(root);

      int found = generation(store);
      assertThat(found).as("after %d was acknowledged", finished).isGreaterThanOrEqualTo(finished);
      finished = found;
    }
    assertThat(killedInside).as("kills that hit an upload").isPositive();
    assertThat(finished).as("saves that came to their end").isPositive();

    Clock later = Clock.fixed(Instant.now().plus(Duration.ofDays(2)), ZoneOffset.UTC);
    new Janitor(new DirectoryStore(root), later)
        .sweep(Duration.ofDays(30), Janitor.GRACE, Optional.empty(), Janitor.FailedBuilds.UNKNOWN);
    assertThat(abandoned(root)).isZero();
    assertThat(generation(store)).isEqualTo(finished);
    try (Stream<Path> archives = Files.list(root.resolve("snapshots"))) {
      assertThat(archives).hasSize(1);
    }
  }

  private Command saver(Path root, int first) {
    return Command.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        System.getProperty("java.class.path"),
        Saver.class.getName(),
        root.toString(),
        String.valueOf(first));
  }

  private static void killAtTheSightOfAnUpload(Process child, Path root) throws IOException {
    int before = abandoned(root);
    Thread _ =
        Threads.start(
            () -> {
              try {
                while (child.isAlive() && abandoned(root) <= before) {
                  Thread.onSpinWait();
                }
                child.toHandle().destroyForcibly();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }

  /// Kills when the child printed so many marks, then reads what it had acknowledged until then.
  private static int killAfter(Process child, int marks) throws Exception {
    int saved = -1;
    InputStream out = child.getInputStream();
    for (int mark = out.read(); mark >= 0; mark = out.read()) {
      if (mark == '\n') {
        saved = Math.max(saved, Integer.parseInt(new String(out.readNBytes(6))));
      }
      if (--marks == 0) {
        child.toHandle().destroyForcibly();
      }
    }
    assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(new String(child.getErrorStream().readAllBytes())).isEmpty();
    return saved;
  }

  /// Which generation is there, every file of it; -1 for none at all.
  private int generation(SnapshotStore store) throws IOException {
    List<Entry> entries = store.all();
    if (entries.isEmpty()) {
      return -1;
    }
    Path target = dir.resolve("target");
    Opened.Whole whole = (Opened.Whole) store.open(entries.getFirst());
    assertThat(whole.restore(target).lost()).isEmpty();
    try (Stream<Path> files = Files.list(target)) {
      List<String> contents = files.map(KilledSaveTest::text).distinct().toList();
      assertThat(contents).as("one generation").hasSize(1);
      return Integer.parseInt(contents.getFirst().substring(0, 6));
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int abandoned(Path root) throws IOException {
    Path uploads = root.resolve(".uploads");
    if (!Files.exists(uploads)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(uploads)) {
      return (int) files.count();
    }
  }

  /// The child: prints `.` for each block it saves and a line for each save that was acknowledged.
  static final class Saver {
    private Saver() {}

    public static void main(String[] args) throws IOException {
      SnapshotStore store = new SnapshotStore(new DirectoryStore(Path.of(args[0])));
      for (int generation = Integer.parseInt(args[1]); ; generation++) {
        Path source = Files.createTempDirectory(Path.of(args[0]).getParent(), "source");
        String number = String.format("%06d", generation);
        for (int file = 0; file < 20; file++) {
          Files.writeString(source.resolve("f" + file), number.repeat(2000));
        }
        HostTree tree = new HostTree(source, p -> false);
        store.save(ADDRESS, new Dots(tree), Basis.of(ADDRESS.scope()));
        System.out.print("\n" + number);
        System.out.flush();
      }
    }
  }

  /// Says at each node and each file how far the save is.
  private record Dots(TreeSource tree) implements TreeSource {
    @Override
    public void list(Visitor visitor) throws IOException {
      tree.list(
          node -> {
            dot();
            visitor.node(node);
          });
    }

    @Override
    public void read(List<File> files, Reader reader) throws IOException {
      tree.read(
          files,
          (file, in) -> {
            dot();
            reader.file(file, in);
          });
      dot();
    }

    private static void dot() {
      System.out.print(".");
      System.out.flush();
    }
  }
}
