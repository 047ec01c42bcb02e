package dev.bakehouse.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Posix;
import dev.bakehouse.store.DirectoryStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Trees saved and restored, compared by `find` and `sha256sum`.
class SnapshotTest {
  @TempDir Path dir;
  private DirectoryStore store;
  private Path source;

  @BeforeEach
  void open() throws IOException {
    store = new DirectoryStore(dir.resolve("store"));
    source = Files.createDirectories(dir.resolve("source"));
  }

  @Test
  void everyKindOfFileComesBack() throws IOException {
    Tree.odd(source);
    Snapshot saved = snapshot(save(Optional.empty()));

    Restored restored = restore(saved, "deeper/target");

    assertThat(Tree.describe(dir.resolve("deeper/target"))).isEqualTo(Tree.describe(source));
    assertThat(restored.lost()).isEmpty();
    assertThat(saved.totals().files()).isEqualTo(files(source));
    assertThat(saved.missing()).isEmpty();
  }

  /// As it is just before it is renamed.
  @Test
  void anotherRestoreDoesNotTakeAWholeOldTreeForAbandoned() throws IOException {
    Files.writeString(source.resolve("file"), "x");
    Files.setLastModifiedTime(source, FileTime.fromMillis(1_000_000_000_000L));
    Snapshot saved = snapshot(save(Optional.empty()));
    Path fresh = Files.createDirectory(dir.resolve(".bakehouse-" + UUID.randomUUID()));
    try (Workers workers = new Workers()) {
      new Restore(saved, fresh, HostTarget.Rules.PLAIN, workers, false).run(Optional.empty());
    }

    restore(saved, "other");

    assertThat(fresh.resolve("file")).exists();
    assertThat(Tree.describe(dir.resolve("other"))).isEqualTo(Tree.describe(source));
  }

  @Test
  void itComesBackThroughTar() throws IOException {
    Tree.odd(source);
    Snapshot saved = snapshot(save(Optional.empty()));
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    assertThat(new TarTarget(saved, HostTarget.Rules.PLAIN).write(tar)).isEmpty();

    Path unpacked = Files.createDirectories(dir.resolve("unpacked"));
    Command.of("tar", "-xpf", "-", "--no-same-owner")
        .in(unpacked)
        .env("LC_ALL", "C")
        .input(tar.toByteArray())
        .check();
    assertThat(Tree.describe(unpacked)).isEqualTo(Tree.describe(source));

    byte[] theirs =
        Command.of("tar", "-cf", "-", "--format=pax", ".")
            .in(source)
            .env("LC_ALL", "C")
            .check()
            .out();
    for (byte[] archive : List.of(tar.toByteArray(), theirs)) {
      try (TarTree tree = TarTree.read(new ByteArrayInputStream(archive), dir)) {
        String id =
            publish(new Saver(store, Optional.of(saved), Optional.empty(), Node.UNKNOWN).save(tree))
                .id();
        assertThat(id).isEqualTo(saved.id());
      }
    }
  }

  @Test
  void anUnchangedTreeIsTheSameSnapshot() throws IOException {
    Tree.odd(source);
    Draft.Published first = save(Optional.empty());
    Draft.Published second = save(Optional.of(snapshot(first)));

    assertThat(second.id()).isEqualTo(first.id());
    assertThat(second.added()).isZero();
  }

  @Test
  void whatOnlyAnotherSnapshotHasIsToldAndNotStoredAgain() throws IOException {
    generate(new Random(1), 300);
    Snapshot first = snapshot(save(Optional.empty()));
    byte[] fresh = new byte[1_000_000];
    new Random(2).nextBytes(fresh);
    Files.write(source.resolve("d1/new"), fresh);
    Files.writeString(source.resolve("d2/f2"), "other contents");
    Snapshot other = snapshot(save(Optional.of(first)));
    assertThat(Additions.of(other, Optional.of(first), _ -> true).paths())
        .containsExactlyInAnyOrder("d1/new", "d2/f2");
    assertThat(Additions.of(other, Optional.of(first), "d1/new"::equals).bytes())
        .isEqualTo(fresh.length);
    assertThat(Additions.of(first, Optional.of(other), _ -> true).paths()).containsExactly("d2/f2");

    Files.writeString(source.resolve("d1/own"), "own");
    Draft.Published both =
        publish(
            new Saver(store, Optional.of(first), Optional.of(other), Node.UNKNOWN)
                .save(new HostTree(source, _ -> false)));
    assertThat(both.added()).isLessThan(100_000);
    restore(snapshot(both), "both");
    assertThat(Tree.describe(dir.resolve("both"))).isEqualTo(Tree.describe(source));
  }

  @Test
  void aChangeAddsWhatIsNewAndLittleMore() throws IOException {
    generate(new Random(1), 3000);
    Snapshot first = snapshot(save(Optional.empty()));
    byte[] fresh = new byte[100_000];
    new Random(2).nextBytes(fresh);
    Files.write(source.resolve("d1/new"), fresh);
    Files.move(source.resolve("d2/f2"), source.resolve("d3/moved"));
    Files.delete(source.resolve("d4/f4"));

    Draft.Published second = save(Optional.of(first));

    assertThat(second.added()).isBetween(100_000L, 100_000 + 5 * 64 * 300L);
    Snapshot saved = snapshot(second);
    restore(saved, "target");
    assertThat(Tree.describe(dir.resolve("target"))).isEqualTo(Tree.describe(source));
    restore(first, "target");
    assertThat(dir.resolve("target/d4/f4")).exists();
    assertThat(dir.resolve("target/d1/new")).doesNotExist();
  }

  @Test
  void overAnyOtherTreeTheSameComesOut() throws IOException {
    Random random = new Random(3);
    Path target = Files.createDirectories(dir.resolve("target"));
    for (int round = 0; round < 6; round++) {
      Path now = Files.createDirectories(dir.resolve("source" + round));
      source = now;
      if (round % 2 == 0) {
        Tree.odd(source);
      }
      generate(random, 300);
      if (round % 3 == 1) {
        Tree.sh(
            target,
            "sh",
            "-c",
            "rm -rf d1; echo x > d1; ln -s /etc d2x; rm -rf d3; ln -s /etc d3; touch d5/*; echo more >> d6/f6");
      }
      Snapshot saved = snapshot(save(Optional.empty()));
      restore(saved, "target");
      assertThat(Tree.describe(target)).as("round %d", round).isEqualTo(Tree.describe(source));
      Restored again = restore(saved, "target");
      assertThat(again.files()).isZero();
    }
  }

  private void generate(Random random, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      Path to = Files.createDirectories(source.resolve("d" + i % 50));
      byte[] bytes = new byte[random.nextInt(3000)];
      if (i % 3 == 0) {
        random.nextBytes(bytes);
      }
      Files.write(to.resolve("f" + i), bytes);
    }
  }

  /// What was in a directory is not looked for behind the link that took its name.
  @Test
  void aLinkTakesTheNameOfADirectory() throws IOException {
    Files.createDirectories(source.resolve(".kept/react/cjs"));
    Files.writeString(source.resolve(".kept/react/cjs/index.js"), "kept");
    Files.createSymbolicLink(source.resolve("react"), Path.of(".kept/react"));
    Files.writeString(source.resolve("closed"), "a file");
    Snapshot saved = snapshot(save(Optional.empty()));

    Path target = dir.resolve("target");
    Files.createDirectories(target.resolve("react/cjs"));
    Files.writeString(target.resolve("react/cjs/index.js"), "old");
    Files.createDirectories(target.resolve("closed/below"));
    Posix.mode(target.resolve("closed/below").toString(), 0500);
    restore(saved, "target");

    assertThat(Tree.describe(target)).isEqualTo(Tree.describe(source));
  }

  private static long files(Path dir) {
    return Command.of("sh", "-c", "find . -type f -printf x | wc -c")
        .in(dir)
        .check()
        .text()
        .strip()
        .transform(Long::parseLong);
  }

  private Draft.Published save(Optional<Snapshot> parent) throws IOException {
    return publish(
        new Saver(store, parent, Optional.empty(), Node.UNKNOWN)
            .save(new HostTree(source, p -> false)));
  }

  static Draft.Published publish(Draft draft) throws IOException {
    try (draft) {
      return draft.publish();
    }
  }

  private Snapshot snapshot(Draft.Published published) throws IOException {
    return Snapshot.open(store, published.id()).orElseThrow();
  }

  private Restored restore(Snapshot snapshot, String to) throws IOException {
    return new HostTarget(dir.resolve(to), HostTarget.Rules.PLAIN).restore(snapshot);
  }
}
