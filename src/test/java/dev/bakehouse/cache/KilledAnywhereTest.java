package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.platform.Command;
import dev.bakehouse.snapshot.Seal;
import dev.bakehouse.snapshot.Sweep;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.DirectoryStore;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// KILL at random moments of a process that saves, restores in place and sweeps, again and again.
class KilledAnywhereTest {
  private static final Kind GEMS = Kind.directory("gems", "gems");
  private static final Address ADDRESS =
      new Address(Scope.parse("bun/main", "linux-x64-release"), "b1", "", GEMS);
  private static final int ROUNDS = 25;
  private static final int FILES = 100;

  @TempDir Path dir;

  @Test
  void whatWasPublishedIsWholeAndWhatWasHalfWrittenIsNoCache() throws Exception {
    Random random = new Random(11);
    SnapshotStore store = new SnapshotStore(new DirectoryStore(dir.resolve("store")));
    Path target = dir.resolve("target");
    int last = -1;
    int partial = 0;
    for (int round = 0; round < ROUNDS; round++) {
      int saved = run(last + 1, 1 + random.nextInt(round % 2 == 0 ? 60 : 400));
      last = Math.max(last, saved);

      boolean broken = new Seal(target).partial();
      partial += broken ? 1 : 0;
      if (!broken && Files.exists(target)) {
        generation(target);
      }
      List<Entry> entries = store.all();
      if (entries.isEmpty()) {
        assertThat(last).isEqualTo(-1);
        continue;
      }
      restore(store, dir.resolve("fresh"));
      int found = generation(dir.resolve("fresh"));
      assertThat(found).as("after %d was acknowledged", last).isGreaterThanOrEqualTo(last);
      last = found;
      restore(store, target);
      assertThat(generation(target)).isEqualTo(found);
      Command.of("rm", "-rf", "fresh", ".fresh.bakehouse").in(dir).check();
    }
    assertThat(last).as("saves that came to their end").isPositive();
    assertThat(partial).as("kills that hit a restore").isPositive();
  }

  private static void restore(SnapshotStore store, Path to) throws IOException {
    Opened.Whole whole = (Opened.Whole) store.open(store.all().getFirst());
    assertThat(whole.restore(to).lost()).isEmpty();
  }

  /// Every file is of one generation, which is told.
  private static int generation(Path target) throws IOException {
    try (Stream<Path> files = Files.list(target)) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(FILES);
      int generation = -1;
      for (Path file : all) {
        String text = Files.readString(file);
        if (file.getFileName().toString().endsWith("0")) {
          assertThat(text).isEqualTo("constant".repeat(500));
          continue;
        }
        int its = Integer.parseInt(text.substring(0, 6));
        assertThat(text).isEqualTo(text.substring(0, 6).repeat(700));
        assertThat(generation).isIn(-1, its);
        generation = its;
      }
      return generation;
    }
  }

  /// @return the last save that was acknowledged before the child was killed, or -1
  private int run(int first, int marks) throws Exception {
    Process child =
        Command.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Worker.class.getName(),
                dir.toString(),
                String.valueOf(first))
            .start();
    int saved = -1;
    int left = marks;
    InputStream out = child.getInputStream();
    for (int mark = out.read(); mark >= 0; mark = out.read()) {
      if (mark == '\n') {
        saved = Integer.parseInt(new String(out.readNBytes(6)));
      }
      if (--left == 0) {
        child.toHandle().destroyForcibly();
      }
    }
    assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(new String(child.getErrorStream().readAllBytes())).isEmpty();
    return saved;
  }

  /// The child: a mark for each call of the store, a line for each acknowledged save.
  static final class Worker {
    private Worker() {}

    public static void main(String[] args) throws IOException {
      Path dir = Path.of(args[0]);
      BlobStore blobs = marking(new DirectoryStore(dir.resolve("store")));
      SnapshotStore store = new SnapshotStore(blobs);
      Path source = Files.createDirectories(dir.resolve("source"));
      for (int generation = Integer.parseInt(args[1]); ; generation++) {
        String number = String.format("%06d", generation);
        for (int i = 0; i < FILES; i++) {
          String text = i % 10 == 0 ? "constant".repeat(500) : number.repeat(700);
          Files.writeString(source.resolve("f" + i), text);
        }
        Entry saved =
            new HostDirectory(source)
                .save(store, ADDRESS, List.of(ADDRESS.scope()), false)
                .entry()
                .orElseThrow();
        System.out.print("\n" + number);
        System.out.flush();
        ((Opened.Whole) store.open(saved)).restore(dir.resolve("target"));
        Sweep sweep = Sweep.begin(blobs);
        sweep.end(Set.of(saved.snapshot()), Instant.now().plusSeconds(1));
      }
    }

    private static BlobStore marking(BlobStore blobs) {
      return (BlobStore)
          Proxy.newProxyInstance(
              BlobStore.class.getClassLoader(),
              new Class<?>[] {BlobStore.class},
              (proxy, method, arguments) -> {
                System.out.print(".");
                System.out.flush();
                try {
                  return method.invoke(blobs, arguments);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }
  }
}
