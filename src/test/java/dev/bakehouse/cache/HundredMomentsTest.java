package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.snapshot.Seal;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.DirectoryStore;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A process that saves a cache of Zig, restores it in place and sweeps, over and over, and what a
/// KILL would leave of it at a hundred random moments: it is stopped, and what is on the disk then
/// is copied and looked at. That is what a KILL leaves, without a new process each time; the last
/// moment is a real one.
class HundredMomentsTest {
  private static final int MOMENTS = 100;
  private static final int FILES = 12;
  private static final Address ADDRESS =
      new Address(Scope.parse("bun/main", "linux-x64-release"), "b1", "", Kind.ZIG_LOCAL);

  /// A save by now is young, and all that was left by then is old.
  private static final Clock LATER =
      Clock.fixed(Instant.now().plus(Duration.ofDays(2)), ZoneOffset.UTC);

  @TempDir Path dir;
  private final Map<Character, Integer> phases = new TreeMap<>();
  private int last = -1;
  private int partial;

  @Test
  void whatIsPublishedIsWholeAndWhatIsRestoredIsTrueAtEveryMoment() throws Exception {
    Random random = new Random(100);
    Process child = start();
    try {
      Marks marks = new Marks(child.getInputStream());
      marks.read(1);
      for (int moment = 0; moment < MOMENTS; moment++) {
        marks.read(1 + random.nextInt(60));
        long end = System.nanoTime() + random.nextInt(3_000_000);
        while (System.nanoTime() < end) {
          Thread.onSpinWait();
        }
        if (moment == MOMENTS - 1) {
          child.toHandle().destroyForcibly();
          assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } else {
          signal(child, "-STOP");
          Poll.until(
              "the process stops",
              Duration.ofSeconds(60),
              () -> Optional.of(state(child)).filter(s -> s.startsWith("T")));
        }
        marks.drain();
        phases.merge(marks.phase, 1, Integer::sum);
        last = Math.max(last, marks.saved);
        Path copy = dir.resolve("copy");
        Command.of("mkdir", "copy").in(dir).check();
        Command.of("sh", "-c", "cp -a store target .target.bakehouse copy 2>/dev/null; :")
            .in(dir)
            .check();
        if (moment < MOMENTS - 1) {
          signal(child, "-CONT");
        }
        look(copy);
        Directories.delete(copy);
      }
      assertThat(new String(child.getErrorStream().readAllBytes())).isEmpty();
    } finally {
      child.toHandle().destroyForcibly();
    }
    assertThat(last).as("saves that came to their end").isGreaterThan(5);
    assertThat(partial).as("moments inside of a restore").isPositive();
    assertThat(phases.keySet()).as("%s", phases).contains('s', 'r', 'g');
  }

  private void look(Path copy) throws IOException {
    Path target = copy.resolve("target");
    boolean broken = new Seal(target).partial();
    partial += broken ? 1 : 0;
    if (Files.exists(target)) {
      int there = manifestsAreTrue(target);
      assertThat(there).isLessThanOrEqualTo(FILES);
      if (!broken) {
        assertThat(there).isEqualTo(FILES);
      }
    }
    DirectoryStore blobs = new DirectoryStore(copy.resolve("store"));
    SnapshotStore store = new SnapshotStore(blobs);
    Janitor janitor = new Janitor(blobs, LATER);
    assertThat(janitor.verify().damaged()).isEmpty();
    List<Entry> entries = store.all();
    if (entries.isEmpty()) {
      assertThat(last).isEqualTo(-1);
      return;
    }
    janitor.sweep(
        Duration.ofDays(30), Janitor.GRACE, Optional.empty(), Janitor.FailedBuilds.UNKNOWN);
    assertThat(blobs.list("snapshots")).hasSize(1);
    try (Stream<Path> uploads = Files.list(copy.resolve("store/.uploads"))) {
      assertThat(uploads).isEmpty();
    }
    for (Path to : List.of(target, copy.resolve("fresh"))) {
      Opened.Whole whole = (Opened.Whole) store.open(entries.getFirst());
      assertThat(whole.restore(to).lost()).isEmpty();
      assertThat(manifestsAreTrue(to)).isEqualTo(FILES);
      int generation = Integer.parseInt(Files.readString(to.resolve("h/m0")).substring(2, 8));
      assertThat(generation).as("%d was acknowledged", last).isBetween(last, last + 1);
    }
  }

  /// @return how many manifests are there; each names an object that is
  private static int manifestsAreTrue(Path cache) throws IOException {
    if (!Files.exists(cache.resolve("h"))) {
      return 0;
    }
    try (Stream<Path> all = Files.list(cache.resolve("h"))) {
      List<Path> manifests = all.filter(m -> m.getFileName().toString().startsWith("m")).toList();
      for (Path manifest : manifests) {
        String object = Files.readString(manifest);
        assertThat(Files.readString(cache.resolve(object).resolve("out")))
            .isEqualTo(object.repeat(50));
      }
      return manifests.size();
    }
  }

  private Process start() {
    return Command.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Worker.class.getName(),
            dir.toString())
        .start();
  }

  private static void signal(Process child, String signal) {
    Command.of("kill", signal, String.valueOf(child.pid())).check();
  }

  private static String state(Process child) {
    return Command.of("ps", "-o", "stat=", "-p", String.valueOf(child.pid())).check().text();
  }

  /// What the child told: `s`, `r` or `g` at each call of its store while it saves, restores or
  /// sweeps; a line for each save that was acknowledged.
  private static final class Marks {
    private final InputStream in;
    private char phase = 's';
    private int saved = -1;

    Marks(InputStream in) {
      this.in = in;
    }

    void read(int count) throws IOException {
      for (int i = 0; i < count; i++) {
        int mark = in.read();
        assertThat(mark).as("the child goes on").isNotNegative();
        if (mark == '\n') {
          saved = Integer.parseInt(new String(in.readNBytes(6)));
        } else {
          phase = (char) mark;
        }
      }
    }

    void drain() throws IOException {
      while (in.available() > 0) {
        read(1);
      }
    }
  }

  /// The child.
  static final class Worker {
    private Worker() {}

    private static char phase = 's';

    public static void main(String[] args) throws IOException {
      Path dir = Path.of(args[0]);
      BlobStore blobs = marking(new DirectoryStore(dir.resolve("store")));
      SnapshotStore store = new SnapshotStore(blobs);
      Path source = dir.resolve("source");
      for (int generation = 0; ; generation++) {
        for (int i = 0; i < FILES; i++) {
          // Some stay from one generation to the next, under manifests that are as long.
          String object =
              i % 4 == 3 ? "o/same%04d".formatted(i) : "o/%06d%02d".formatted(generation, i);
          write(source.resolve("h/m" + i), object);
          write(source.resolve(object + "/out"), object.repeat(50));
          Directories.delete(source.resolve("o/%06d%02d".formatted(generation - 1, i)));
        }
        phase = 's';
        new HostDirectory(source).save(store, ADDRESS, List.of(ADDRESS.scope()), false);
        System.out.print("\n%06d".formatted(generation));
        System.out.flush();
        phase = 'r';
        Opened.Whole saved = (Opened.Whole) store.open(store.find(ADDRESS).orElseThrow());
        saved.restore(dir.resolve("target"));
        phase = 'g';
        new Janitor(blobs, LATER)
            .sweep(
                Duration.ofDays(30), Janitor.GRACE, Optional.empty(), Janitor.FailedBuilds.UNKNOWN);
      }
    }

    private static void write(Path file, String text) throws IOException {
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    }

    private static BlobStore marking(BlobStore blobs) {
      return (BlobStore)
          Proxy.newProxyInstance(
              BlobStore.class.getClassLoader(),
              new Class<?>[] {BlobStore.class},
              (proxy, method, arguments) -> {
                synchronized (Worker.class) {
                  System.out.print(phase);
                  System.out.flush();
                }
                try {
                  return method.invoke(blobs, arguments);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }
  }
}
