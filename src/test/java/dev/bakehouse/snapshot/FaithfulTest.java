package dev.bakehouse.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.DirectoryListing;
import dev.bakehouse.platform.Posix;
import dev.bakehouse.platform.PosixFile;
import dev.bakehouse.store.DirectoryStore;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A hundred thousand files of every sort, compared by `diff` and `find`.
class FaithfulTest {
  private static final int FILES = 100_000;
  private static final int IN_DIRECTORY = 250;
  private static final long TIME = 1_600_000_000_123_456_789L;
  private static final long HUGE = 2L << 30;

  /// Bytes, some of which are no text.
  private static final List<String> NAMES =
      List.of("plain", "with space", "new\nline", "'\"$(x)`*?\\n", "-rf", "\u00ff\u0080", "\u00e9");

  /// A busy disk takes minutes to make so many files.
  private static final Path MEMORY = Path.of("/dev/shm");

  @TempDir Path disk;
  private Path dir;
  private final Random random = new Random(100);
  private final List<String> links = new ArrayList<>();

  @BeforeEach
  void place() throws IOException {
    dir = Files.isWritable(MEMORY) ? Files.createTempDirectory(MEMORY, "faithful") : disk;
  }

  @AfterEach
  void remove() {
    Directories.delete(dir);
  }

  @Test
  void aHundredThousandFilesComeBackAsTheyWere() throws IOException {
    Path source = Files.createDirectories(dir.resolve("source"));
    make(source.toString());
    DirectoryStore store = new DirectoryStore(dir.resolve("store"));
    Snapshot saved = save(store, source, Optional.empty());
    assertThat(saved.totals().files()).isGreaterThan(FILES);
    assertThat(saved.stored()).as("holes take no room").isLessThan(64 << 20);

    Path target = dir.resolve("target");
    assertThat(restore(saved, target).lost()).isEmpty();
    assertSame(source, target);
    assertThat(number("stat", "-c", "%b", target.resolve("huge").toString())).isLessThan(1000);

    Restored again = restore(saved, target);
    assertThat(again.files()).isZero();
    assertThat(save(store, target, Optional.of(saved)).id()).isEqualTo(saved.id());
  }

  private void make(String top) throws IOException {
    List<String> directories = new ArrayList<>();
    for (int i = 0; i < FILES; i++) {
      int number = i / IN_DIRECTORY;
      String directory = top + "/" + number % 20 + "/" + NAMES.get(number % NAMES.size()) + number;
      if (i % IN_DIRECTORY == 0) {
        Files.createDirectories(Path.of(top, String.valueOf(number % 20)));
        for (String each : List.of(directory, directory + "/empty")) {
          Posix.makeDirectory(each, 0700);
          directories.add(each);
        }
      }
      String file = directory + "/" + i + NAMES.get(i % NAMES.size());
      byte[] bytes = new byte[i % 10 == 0 ? 0 : random.nextInt(300)];
      if (i % 2 == 0) {
        random.nextBytes(bytes);
      }
      int out = PosixFile.create(file);
      PosixFile.write(out, 0, MemorySegment.ofArray(bytes), file);
      PosixFile.stamp(out, i & 07777, TIME + i * 1_000_000_007L, file);
      PosixFile.close(out);
      if (i % 400 == 0) {
        String link = directory + "/hard" + i;
        Posix.link(file, link);
        links.add(link.substring(top.length()) + "\0" + file.substring(top.length()));
      }
      if (i % 300 == 0) {
        String link = directory + "/soft" + i;
        Posix.symlink(i % 600 == 0 ? "../" + i : "empty/../nowhere".substring(9), link);
        Posix.time(link, TIME - i);
      }
    }
    try (RandomAccessFile file = new RandomAccessFile(top + "/huge", "rw")) {
      file.setLength(HUGE);
      for (long at : new long[] {1_000_000_007, HUGE - 3}) {
        file.seek(at);
        file.write("end".getBytes(StandardCharsets.US_ASCII));
      }
    }
    for (int i = 0; i < directories.size(); i++) {
      Posix.mode(directories.get(i), (i * 7) & 07777);
    }
    for (String each : directories.reversed()) {
      Posix.time(each, TIME - random.nextInt());
    }
  }

  private void assertSame(Path source, Path target) throws IOException {
    Command diff = Command.of("diff", "-r", "--no-dereference", "source", "target").in(dir);
    assertThat(diff.check().text()).isEmpty();
    assertThat(entries(target)).isEqualTo(entries(source));
    for (String pair : links) {
      String[] names = pair.split("\0");
      assertThat(inode(target + names[0])).isEqualTo(inode(target + names[1]));
    }
  }

  private static long inode(String raw) throws IOException {
    return DirectoryListing.stat(raw).inode();
  }

  private static String[] entries(Path top) {
    String all =
        new String(
            Command.of("find", top.toString())
                .and("(", "-type", "d", "-printf", "d %m %T@ %P\\0", ")")
                .and("-o", "-printf", "%y %m %T@ %n %s %l %P\\0")
                .check()
                .out(),
            StandardCharsets.ISO_8859_1);
    String[] lines = all.split("\0");
    Arrays.sort(lines);
    return lines;
  }

  private static long number(String... argv) {
    return Long.parseLong(Command.of(argv).check().text().strip());
  }

  private static Restored restore(Snapshot snapshot, Path target) throws IOException {
    return new HostTarget(target, HostTarget.Rules.PLAIN).restore(snapshot);
  }

  private static Snapshot save(DirectoryStore store, Path from, Optional<Snapshot> parent)
      throws IOException {
    HostTree tree = new HostTree(from, p -> false);
    try (Draft draft = new Saver(store, parent, Optional.empty(), Node.UNKNOWN).save(tree)) {
      return Snapshot.open(store, draft.publish().id()).orElseThrow();
    }
  }
}
