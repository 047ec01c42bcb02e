package dev.bakehouse.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Boot;
import dev.bakehouse.snapshot.Node.File;
import dev.bakehouse.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is neither read nor written again, and what is although it looks the same.
class FastPathTest {
  @TempDir Path dir;
  private DirectoryStore store;
  private Path cache;

  @BeforeEach
  void fill() throws IOException {
    store = new DirectoryStore(dir.resolve("store"));
    cache = Files.createDirectories(dir.resolve("cache"));
    Random random = new Random(4);
    for (int i = 0; i < 20; i++) {
      byte[] bytes = new byte[500];
      random.nextBytes(bytes);
      if (i < 10) {
        bytes[0] = (byte) 0xcc;
        bytes[1] = (byte) 0xac;
      }
      Files.write(cache.resolve((i < 10 ? "ccache" : "other") + i), bytes);
    }
  }

  @Test
  void afterARestoreOnlyWhatChangedIsRead() throws IOException {
    Snapshot first = save(cache, Optional.empty(), Node.UNKNOWN, new ArrayList<>());
    Path copy = dir.resolve("copy");
    new HostTarget(copy, HostTarget.Rules.PLAIN).restore(first);
    Seal seal = new Seal(copy);
    awaitTick(seal);
    // Touched as ccache does at a hit; rewritten with the old size and time.
    Files.setLastModifiedTime(copy.resolve("ccache1"), FileTime.fromMillis(1));
    FileTime time = Files.getLastModifiedTime(copy.resolve("other11"));
    Files.write(copy.resolve("other11"), new byte[500]);
    Files.setLastModifiedTime(copy.resolve("other11"), time);

    List<String> read = Collections.synchronizedList(new ArrayList<>());
    long moment = seal.read().orElseThrow().moment();
    Snapshot second = save(copy, Optional.of(first), moment, read);

    assertThat(read).contains("other11").doesNotContain("ccache1");
    new HostTarget(dir.resolve("third"), HostTarget.Rules.PLAIN).restore(second);
    assertThat(Tree.describe(dir.resolve("third"))).isEqualTo(Tree.describe(copy));
  }

  /// The last that a restore does is to set its directories' times, which is a change to them.
  @Test
  void rightAfterARestoreNothingIsRead() throws IOException {
    Files.setLastModifiedTime(cache, FileTime.fromMillis(1));
    Snapshot first = save(cache, Optional.empty(), Node.UNKNOWN, new ArrayList<>());
    Path copy = dir.resolve("copy");
    for (int i = 0; i < 5; i++) {
      new HostTarget(copy, HostTarget.Rules.PLAIN).restore(first);
      List<String> read = Collections.synchronizedList(new ArrayList<>());
      long moment = new Seal(copy).read().orElseThrow().moment();
      save(copy, Optional.of(first), moment, read);
      assertThat(read).isEmpty();
      Files.setLastModifiedTime(copy, FileTime.fromMillis(2));
    }
  }

  @Test
  void aRestoreInPlaceSeesWhatOnlyLooksTheSame() throws IOException {
    Snapshot saved = save(cache, Optional.empty(), Node.UNKNOWN, new ArrayList<>());
    Path copy = dir.resolve("copy");
    new HostTarget(copy, HostTarget.Rules.PLAIN).restore(saved);
    awaitTick(new Seal(copy));
    FileTime time = Files.getLastModifiedTime(copy.resolve("other11"));
    Files.write(copy.resolve("other11"), new byte[500]);
    Files.setLastModifiedTime(copy.resolve("other11"), time);
    Files.setLastModifiedTime(copy.resolve("ccache1"), FileTime.fromMillis(1));

    Restored restored = new HostTarget(copy, HostTarget.Rules.PLAIN).restore(saved);

    assertThat(restored.files()).isEqualTo(1);
    assertThat(Tree.describe(copy)).isEqualTo(Tree.describe(cache));
    new Seal(copy).remove();
    assertThat(new HostTarget(copy, HostTarget.Rules.PLAIN).restore(saved).files()).isZero();
  }

  /// Files of one size and time, as packages have: neither file changes when their directories are
  /// exchanged.
  @Test
  void aDirectoryThatTookAnothersNameIsRead() throws IOException {
    for (String name : List.of("new", "old")) {
      Path file = Files.createDirectories(cache.resolve(name + "/sub")).resolve("f");
      Files.writeString(file, name);
      Files.setLastModifiedTime(file, FileTime.fromMillis(1));
    }
    Snapshot saved = save(cache, Optional.empty(), Node.UNKNOWN, new ArrayList<>());
    Path copy = dir.resolve("copy");
    new HostTarget(copy, HostTarget.Rules.PLAIN).restore(saved);
    Seal seal = new Seal(copy);
    awaitTick(seal);
    exchange(copy.resolve("old"), copy.resolve("new"));

    long moment = seal.read().orElseThrow().moment();
    Snapshot second = save(copy, Optional.of(saved), moment, new ArrayList<>());
    new HostTarget(dir.resolve("third"), HostTarget.Rules.PLAIN).restore(second);
    assertThat(Tree.describe(dir.resolve("third"))).isEqualTo(Tree.describe(copy));

    new HostTarget(copy, HostTarget.Rules.PLAIN).restore(saved);
    assertThat(Tree.describe(copy)).isEqualTo(Tree.describe(cache));
  }

  private static void exchange(Path a, Path b) throws IOException {
    Path away = a.resolveSibling("away");
    Files.move(a, away);
    Files.move(b, a);
    Files.move(away, b);
  }

  @Test
  void afterAnotherBootWhatThePowerCutLeftIsReadAndWrittenAgain() throws IOException {
    Snapshot saved = save(cache, Optional.empty(), Node.UNKNOWN, new ArrayList<>());
    Path copy = dir.resolve("copy");
    new HostTarget(copy, HostTarget.Rules.PLAIN).restore(saved);
    for (String lost : List.of("other11", "ccache1")) {
      Path file = copy.resolve(lost);
      FileTime time = Files.getLastModifiedTime(file);
      byte[] bytes = Files.readAllBytes(file);
      Arrays.fill(bytes, 0, bytes.length - Entry.TAIL, (byte) 0);
      Files.write(file, bytes);
      Files.setLastModifiedTime(file, time);
    }
    // As if the power had gone after the seal was written and before the files were.
    Seal seal = new Seal(copy);
    seal.write(new Seal.State(saved.id(), Long.MAX_VALUE));
    Path note = dir.resolve(".copy.bakehouse");
    String otherBoot = "01234567-89ab-cdef-0123-456789abcdef";
    Files.writeString(note, Files.readString(note).replace(Boot.id(), otherBoot));

    assertThat(seal.read()).isEmpty();
    assertThat(new HostTarget(copy, HostTarget.Rules.PLAIN).restore(saved).files()).isEqualTo(2);
    assertThat(Tree.describe(copy)).isEqualTo(Tree.describe(cache));
    assertThat(seal.read()).isPresent();
  }

  @Test
  void aNameOutsideOfTheDirectoryKeepsItsModeAndTime() throws IOException {
    Snapshot saved = save(cache, Optional.empty(), Node.UNKNOWN, new ArrayList<>());
    Path copy = dir.resolve("copy");
    new HostTarget(copy, HostTarget.Rules.PLAIN).restore(saved);
    Path outside = Files.createLink(dir.resolve("outside"), copy.resolve("ccache1"));
    Files.setLastModifiedTime(outside, FileTime.fromMillis(1000));
    Files.setPosixFilePermissions(outside, PosixFilePermissions.fromString("r--------"));

    new HostTarget(copy, HostTarget.Rules.PLAIN).restore(saved);

    assertThat(Files.getLastModifiedTime(outside)).isEqualTo(FileTime.fromMillis(1000));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(outside)))
        .isEqualTo("r--------");
    assertThat(Tree.describe(copy)).isEqualTo(Tree.describe(cache));
  }

  @Test
  void aStoreThatIsFullLeavesTheStateBefore() throws IOException {
    Snapshot saved = save(cache, Optional.empty(), Node.UNKNOWN, new ArrayList<>());
    Files.write(cache.resolve("new"), new byte[3000]);
    for (int allowed = 0; allowed < 3; allowed++) {
      FullStore full = new FullStore(store, allowed);
      assertThatThrownBy(
              () -> {
                try (Draft draft =
                    new Saver(full, Optional.of(saved), Optional.empty(), Node.UNKNOWN)
                        .save(new HostTree(cache, p -> false))) {
                  draft.publish();
                }
              })
          .isInstanceOf(IOException.class)
          .hasMessageContaining("No space left");
      assertThat(new Verify().check(saved)).isEmpty();
      assertThat(store.list("snapshots")).hasSize(1);
    }
  }

  /// A file changed now is not taken for one of the sealed moment.
  private static void awaitTick(Seal seal) throws IOException {
    long sealed = seal.read().orElseThrow().moment();
    while (seal.moment() <= sealed) {
      Thread.onSpinWait();
    }
  }

  private Snapshot save(Path from, Optional<Snapshot> parent, long sealed, List<String> read)
      throws IOException {
    HostTree tree = new HostTree(from, p -> false);
    TreeSource noting =
        new TreeSource() {
          @Override
          public void list(Visitor visitor) throws IOException {
            tree.list(visitor);
          }

          @Override
          public void read(List<File> files, Reader reader) throws IOException {
            files.forEach(file -> read.add(file.path()));
            tree.read(files, reader);
          }

          @Override
          public Optional<byte[]> tail(File file) throws IOException {
            return tree.tail(file);
          }
        };
    try (Draft draft = new Saver(store, parent, Optional.empty(), sealed).save(noting)) {
      return Snapshot.open(store, draft.publish().id()).orElseThrow();
    }
  }
}
