package dev.bakehouse.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HolesTest {
  @TempDir Path dir;

  @Test
  void tellsWhereDataIs() throws IOException {
    Path file = dir.resolve("a sparse");
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(100L << 20);
      out.seek(50L << 20);
      out.write(1);
    }
    try (Holes holes = Holes.open(file)) {
      assertThat(holes.nextData(0)).isEqualTo(50L << 20);
      assertThat(holes.nextData(50L << 20)).isEqualTo(50L << 20);
      assertThat(holes.nextData(60L << 20)).isEqualTo(100L << 20);
      assertThat(holes.nextData(200L << 20)).isEqualTo(100L << 20);
    }
  }

  @Test
  void denseAndMissingFiles() throws IOException {
    Path dense = Files.write(dir.resolve("dense"), new byte[] {1, 2, 3});
    try (Holes holes = Holes.open(dense)) {
      assertThat(holes.nextData(1)).isEqualTo(1);
    }
    assertThatThrownBy(() -> Holes.open(dir.resolve("none"))).isInstanceOf(IOException.class);
  }
}
