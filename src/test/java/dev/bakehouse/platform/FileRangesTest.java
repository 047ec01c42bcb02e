package dev.bakehouse.platform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.FileRanges.Way;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FileRangesTest {
  private static final long SIZE = (64 << 20) + 777;

  @TempDir Path dir;
  private Path source;

  @BeforeEach
  void sparse() throws IOException {
    source = dir.resolve("source");
    fill(source);
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void everyWayGivesTheSameBytesAndHolesStayHoles(Way way) throws IOException {
    Path target = empty(dir);
    try (FileRanges ranges = new FileRanges(source, target, EnumSet.of(way, Way.COPIED))) {
      ranges.copy(0, 0, 20 << 20);
      ranges.copy(20 << 20, 20 << 20, SIZE - (20 << 20));
    }
    assertThat(Files.mismatch(source, target)).isEqualTo(-1);
    assertThat(data(target)).isLessThan(8 << 20);
  }

  @Test
  void whatTheFileSystemRefusesIsCopiedInTheNextBestWay() throws IOException {
    Path target = empty(dir);
    try (FileRanges ranges = FileRanges.between(source, target)) {
      Way way = ranges.copy(0, 0, SIZE);
      assertThat(way).isIn(Way.KERNEL, Way.COPIED, Way.SHARED);
    }
    assertThat(Files.mismatch(source, target)).isEqualTo(-1);
    Path another = empty(Files.createDirectories(dir.resolve("b")));
    try (FileRanges ranges = new FileRanges(source, another, EnumSet.of(Way.COPIED))) {
      assertThat(ranges.copy(0, 0, SIZE)).isEqualTo(Way.COPIED);
    }
    assertThat(Files.mismatch(source, another)).isEqualTo(-1);
  }

  @Test
  void aRangeMayGoToAnotherPlace() throws IOException {
    Path target = empty(dir);
    try (FileRanges ranges = FileRanges.between(source, target)) {
      ranges.copy(10 << 20, 40L << 20, 3_000_001);
    }
    byte[] all = Files.readAllBytes(source);
    byte[] copy = Files.readAllBytes(target);
    assertThat(Arrays.mismatch(slice(all, 10 << 20), slice(copy, 40 << 20))).isEqualTo(-1);
  }

  /// Only root can mount one: elsewhere there is no such test.
  @TestFactory
  Stream<DynamicTest> aFileSystemThatSharesBlocksSharesThem() {
    return Stream.of("mkfs.xfs", "mkfs.btrfs")
        .filter(maker -> isRoot() && Programs.find(maker).isPresent())
        .map(maker -> DynamicTest.dynamicTest(maker, () -> shares(maker)));
  }

  private void shares(String maker) throws IOException {
    Path image = dir.resolve(maker + ".img");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(400L << 20);
    }
    Command.of(Programs.path(maker), image.toString()).check();
    Path mount = Files.createDirectories(dir.resolve(maker + ".mount"));
    Command.of("mount", "-o", "loop", image.toString(), mount.toString()).check();
    try {
      Path there = mount.resolve("source");
      fill(there);
      Path target = empty(mount);
      try (FileRanges ranges = FileRanges.between(there, target)) {
        assertThat(ranges.copy(0, 0, SIZE & -4096)).isEqualTo(Way.SHARED);
        ranges.copy(SIZE & -4096, SIZE & -4096, SIZE & 4095);
      }
      assertThat(Files.mismatch(there, target)).isEqualTo(-1);
      Path whole = mount.resolve("whole");
      assertThat(FileRanges.share(there, whole)).isTrue();
      assertThat(Files.mismatch(there, whole)).isEqualTo(-1);
      Files.write(whole, new byte[] {9}, StandardOpenOption.WRITE);
      assertThat(Files.mismatch(there, whole)).isEqualTo(0);
    } finally {
      Command.of("umount", mount.toString()).check();
    }
  }

  @Test
  void aWholeFileIsSharedOrThereIsNone() throws IOException {
    Path target = dir.resolve("whole");
    boolean shared = FileRanges.share(source, target);
    assertThat(Files.exists(target)).isEqualTo(shared);
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private static byte[] slice(byte[] bytes, int from) {
    return Arrays.copyOfRange(bytes, from, from + 3_000_001);
  }

  private static long data(Path file) throws IOException {
    try (Holes holes = Holes.open(file)) {
      return holes.data(0, SIZE);
    }
  }

  private static Path empty(Path directory) throws IOException {
    Path file = directory.resolve("target");
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(SIZE);
    }
    return file;
  }

  private static void fill(Path file) throws IOException {
    Random random = new Random(1);
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(SIZE);
      for (long at : List.of(0L, 10L << 20, SIZE - 100_000)) {
        byte[] bytes = new byte[(int) Math.min(2 << 20, SIZE - at)];
        random.nextBytes(bytes);
        out.seek(at);
        out.write(bytes);
      }
    }
  }
}
