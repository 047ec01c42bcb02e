package dev.bakehouse.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Command;
import dev.bakehouse.snapshot.Root.ShardPlace;
import dev.bakehouse.store.DirectoryStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A part of a snapshot's list is damaged: what stands in it is lost and told, the rest comes back;
/// where all must be there, nothing does.
class DamagedListTest {
  private static final HostTarget.Rules WHOLE = new HostTarget.Rules(p -> false, p -> false, true);

  private static final int FILES = 700 + 700 / 50;

  @TempDir Path dir;
  private DirectoryStore store;
  private Path source;

  @BeforeEach
  void fill() throws IOException {
    store = new DirectoryStore(dir.resolve("store"));
    source = Files.createDirectories(dir.resolve("source"));
    for (int i = 0; i < 700; i++) {
      Path in = Files.createDirectories(source.resolve("d" + i / 100 + "/e"));
      Files.writeString(in.resolve("f" + i), "file " + i);
      if (i % 50 == 0) {
        Files.createLink(source.resolve("link" + i), in.resolve("f" + i));
      }
    }
  }

  @Test
  void eachShardCostsWhatStandsInItAndBelowIt() throws IOException {
    Snapshot saved = save();
    List<ShardPlace> shards = saved.root().shards();
    assertThat(shards).hasSizeGreaterThan(2);
    new HostTarget(dir.resolve("over"), HostTarget.Rules.PLAIN).restore(saved);
    int lost = 0;
    for (ShardPlace each : shards) {
      Runnable mend = damage(each);
      for (String target : List.of("fresh", "over")) {
        Path to = dir.resolve(target);
        Restored restored = new HostTarget(to, HostTarget.Rules.PLAIN).restore(saved);
        assertThat(restored.lost()).isNotEmpty();
        int there = compared(to);
        assertThat(there).isPositive();
        lost += FILES - there;
      }
      Command.of("rm", "-rf", "fresh").in(dir).check();
      assertThat(new Seal(dir.resolve("over")).read()).isEmpty();
      Path unpacked = Files.createDirectories(dir.resolve("unpacked"));
      ByteArrayOutputStream tar = new ByteArrayOutputStream();
      assertThat(new TarTarget(saved, HostTarget.Rules.PLAIN).write(tar)).isNotEmpty();
      Command.of("tar", "-xpf", "-").in(unpacked).input(tar.toByteArray()).check();
      assertThat(compared(unpacked)).isEqualTo(compared(dir.resolve("over")));
      Command.of("rm", "-rf", "unpacked").in(dir).check();
      mend.run();
      new HostTarget(dir.resolve("over"), HostTarget.Rules.PLAIN).restore(saved);
      assertThat(Tree.describe(dir.resolve("over"))).isEqualTo(Tree.describe(source));
    }
    assertThat(lost).as("of all shards, twice").isBetween(2 * FILES, 3 * 2 * FILES);
  }

  @Test
  void nothingComesWhereAllMustBeThereOrNothingIs() throws IOException {
    Snapshot saved = save();
    Path over = Files.createDirectories(dir.resolve("over"));
    Files.writeString(over.resolve("before"), "x");
    Runnable mend = damage(saved.root().shards().getLast());
    for (Path to : List.of(dir.resolve("fresh"), over)) {
      assertThatThrownBy(() -> new HostTarget(to, WHOLE).restore(saved))
          .isInstanceOf(Malformed.class);
    }
    assertThatThrownBy(() -> new TarTarget(saved, WHOLE).write(new ByteArrayOutputStream()))
        .isInstanceOf(Malformed.class);
    mend.run();
    assertThat(dir.resolve("fresh")).doesNotExist();
    assertThat(over).isEmptyDirectory();

    saved.root().shards().forEach(this::damage);
    assertThatThrownBy(() -> new HostTarget(over, HostTarget.Rules.PLAIN).restore(saved))
        .isInstanceOf(Malformed.class);
  }

  /// @return puts it right again
  private Runnable damage(ShardPlace shard) {
    Path pack = dir.resolve("store").resolve(shard.content().pack().key());
    int at = (int) shard.content().offset() + shard.content().length() / 2;
    flip(pack, at);
    return () -> flip(pack, at);
  }

  private static void flip(Path file, int at) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      bytes[at] ^= 1;
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /// @return how many files are there, all of them right
  private int compared(Path target) throws IOException {
    try (Stream<Path> files = Files.walk(target)) {
      List<Path> all = files.filter(Files::isRegularFile).toList();
      for (Path file : all) {
        Path original = source.resolve(target.relativize(file).toString());
        assertThat(Files.mismatch(file, original)).isEqualTo(-1);
      }
      return all.size();
    }
  }

  private Snapshot save() throws IOException {
    HostTree tree = new HostTree(source, p -> false);
    try (Draft draft =
        new Saver(store, Optional.empty(), Optional.empty(), Node.UNKNOWN).save(tree)) {
      return Snapshot.open(store, draft.publish().id()).orElseThrow();
    }
  }
}
