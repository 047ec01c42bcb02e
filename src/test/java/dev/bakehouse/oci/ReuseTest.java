package dev.bakehouse.oci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.oci.Progress.Reuse;
import dev.bakehouse.platform.Holes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// An image and its successor: three slices, of which the first has some changed blocks.
class ReuseTest {
  @TempDir static Path shared;
  private static Path first;
  private static Path second;
  private static LayoutRepository layout;
  private static Manifest one;
  private static Manifest two;

  private Path temp;
  private final Counting counting = new Counting();

  @BeforeAll
  static void pushBoth() throws IOException {
    layout = new LayoutRepository(shared.resolve("layout"));
    first = DiskFixture.make(shared.resolve("first"), 1);
    second = DiskFixture.make(shared.resolve("second"), 1);
    change(second.resolve("disk.img"), 1_000_000, 300_000);
    change(second.resolve("disk.img"), 3_000_000, 200_000);
    change(second.resolve("disk.img"), 3_350_000, 200_000);
    change(second.resolve("disk.img"), 5_000_000, 70_000);
    change(second.resolve("disk.img"), 300 << 20, 10_000);
    one = push(first, List.of(), "v1");
    two = push(second, List.of(new Parent(one, Optional.of(layout))), "v2");
  }

  @BeforeEach
  void ownDirectory() throws IOException {
    temp = Files.createTempDirectory(shared, "test");
  }

  @Test
  void aPushKeepsWhatTheParentHas() {
    assertThat(two.layers().get(1)).isNotEqualTo(one.layers().get(1));
    assertThat(two.layers().subList(2, 4)).isEqualTo(one.layers().subList(2, 4));
    assertThat(ChunkArtifact.of(layout, two, counting).all()).hasSize(2);
    assertThat(counting.notes).isEmpty();
  }

  @Test
  void onlyChangedBlocksAreMoved() throws IOException {
    Path here = pull(one, List.of(), new Counting());
    Path back = pull(two, List.of(disk("v1", here)), counting);
    same(second, back);
    assertThat(counting.notes).isEmpty();
    long changed = 1_000_000;
    assertThat(counting.moved.get()).isLessThan(changed * 3 / 2);
    assertThat(counting.reused(Reuse.BLOCKS)).isPositive();
    assertThat(counting.reused(Reuse.SLICES)).isPositive();
    assertThat(counting.done).hasValue(counting.total.get());
    assertThat(DiskRecord.fits(back)).isTrue();
    try (Holes holes = Holes.open(back.resolve("disk.img"))) {
      assertThat(holes.data(0, DiskFixture.SIZE)).isLessThan(9 << 20);
    }
  }

  @Test
  void withoutARecordTheBlocksAreFoundByReadingTheDisk() throws IOException {
    Path here = pull(one, List.of(), new Counting());
    Files.delete(here.resolve(DiskRecord.FILE));
    Files.delete(here.resolve("manifest.json"));
    same(second, pull(two, List.of(disk("v1", here)), counting));
    assertThat(counting.moved.get()).isLessThan(3_500_000);
    assertThat(counting.reused(Reuse.BLOCKS)).isPositive();
  }

  @Test
  void withoutAnIndexSlicesMoveWhole() throws IOException {
    Map<String, String> notes = new HashMap<>(two.annotations());
    notes.remove(ChunkArtifact.ANNOTATION);
    Manifest plain = Manifest.of(two.config(), two.layers(), notes);
    Path here = pull(one, List.of(), new Counting());
    same(second, pull(plain, List.of(disk("v1", here)), counting));
    assertThat(counting.reused(Reuse.SLICES)).isPositive();
    assertThat(counting.reused(Reuse.BLOCKS)).isZero();
    notes.put(ChunkArtifact.ANNOTATION, one.layers().getFirst().digest().toString());
    Manifest wrong = Manifest.of(two.config(), two.layers(), notes);
    same(second, pull(wrong, List.of(disk("v1", here)), counting));
    assertThat(counting.notes).anyMatch(note -> note.contains("slices move whole"));
  }

  @Test
  void aLocalImageThatIsDamagedIsNamedAndDoesNoHarm() throws IOException {
    Path here = pull(one, List.of(), new Counting());
    Path disk = here.resolve("disk.img");
    var time = Files.getLastModifiedTime(disk);
    change(disk, DiskFixture.SIZE - 500_000, 10);
    change(disk, 4_500_000, 10);
    Files.setLastModifiedTime(disk, time);
    same(second, pull(two, List.of(disk("the-bad-one", here)), counting));
    assertThat(counting.notes)
        .anyMatch(note -> note.contains("the image the-bad-one is not what its record says"))
        .anyMatch(note -> note.contains("do not make the slice"));
  }

  @Test
  void theSameDiskIsLinkedAndNothingOfItMoves() throws IOException {
    Path here = pull(one, List.of(), new Counting());
    Path back = pull(one, List.of(disk("v1", here)), counting);
    assertThat(Files.isSameFile(here.resolve("disk.img"), back.resolve("disk.img"))).isTrue();
    assertThat(counting.moved.get()).isLessThan(1000);
    Path written = pull(one, List.of(new LocalDisk("v1", here, false)), new Counting());
    assertThat(Files.isSameFile(here.resolve("disk.img"), written.resolve("disk.img"))).isFalse();
    same(first, written);
  }

  @Test
  void whatAnInterruptedPullLeftIsNotMovedAgain() throws IOException {
    Path left = pull(one, List.of(), new Counting());
    List<DiskRecord.Slice> slices = new ArrayList<>();
    DiskRecord.read(left, slices::add);
    try (DiskRecord.Writer journal = DiskRecord.fresh(left)) {
      for (DiskRecord.Slice slice : slices) {
        if (slice.offset() != 0) {
          journal.slice(slice);
        }
      }
    }
    // The first slice was being written: half of it is there, and something else at its end.
    change(left.resolve("disk.img"), 401L << 20, 2_000);
    change(left.resolve("disk.img"), 200L << 20, 2_000);
    new TartPull(layout, one, counting).into(left);
    same(first, left);
    assertThat(counting.reused(Reuse.RESUMED)).isPositive();
    assertThat(counting.moved.get()).isLessThan(400_000);
  }

  /// Between the look at the images of this host and the moment they are read.
  @ParameterizedTest
  @CsvSource({"true, deleted", "true, replaced", "false, deleted", "false, replaced"})
  void anImageThatIsGoneMeanwhileIsDoneWithout(boolean linkable, String what) throws IOException {
    for (Manifest wanted : List.of(one, two)) {
      Path here = pull(one, List.of(), new Counting());
      LocalDisk image = new LocalDisk("v1", here, linkable);
      TartPull plan = new TartPull(layout, wanted, List.of(image), counting);
      assertThat(plan.allocates()).isNotNegative();
      Files.move(here, temp.resolve("gone-" + wanted.digest().hex()));
      if (what.equals("replaced")) {
        Files.move(pull(wanted.equals(one) ? two : one, List.of(), new Counting()), here);
      }
      Path target = Files.createTempDirectory(temp, "pull");
      plan.into(target);
      same(wanted.equals(one) ? first : second, target);
      assertThat(DiskRecord.fits(target)).isTrue();
    }
  }

  private Path pull(Manifest manifest, List<LocalDisk> here, Progress progress) throws IOException {
    Path target = Files.createTempDirectory(temp, "pull");
    new TartPull(layout, manifest, here, progress).into(target);
    return target;
  }

  private static LocalDisk disk(String name, Path directory) {
    return new LocalDisk(name, directory, true);
  }

  private static Manifest push(Path vm, List<Parent> parents, String tag) throws IOException {
    return new TartPush(layout, parents, layout.staging().resolve("push"), Progress.NONE)
        .push(vm, List.of(tag), Map.of(), Map.of());
  }

  private static void same(Path vm, Path back) throws IOException {
    assertThat(Files.mismatch(vm.resolve("disk.img"), back.resolve("disk.img"))).isEqualTo(-1);
  }

  private static void change(Path disk, long at, int length) throws IOException {
    byte[] noise = new byte[length];
    new Random(at).nextBytes(noise);
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.seek(at);
      file.write(noise);
    }
  }
}
