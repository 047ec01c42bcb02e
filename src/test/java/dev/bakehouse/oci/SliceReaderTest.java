package dev.bakehouse.oci;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SliceReaderTest {
  @TempDir Path temp;

  /// Of what lies scattered on a disk each block is read on its own.
  @Test
  void readingABlockTakesNotMuchMoreMemoryThanTheBlock() throws Exception {
    Path disk = Files.write(temp.resolve("disk.img"), Remotes.noise(16 * Blocks.SIZE));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (SliceReader reader = new SliceReader(disk)) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 16; i++) {
        reader.read((long) i * Blocks.SIZE, Blocks.SIZE, (bytes, from, length) -> {});
      }
      assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(32L * Blocks.SIZE);
    }
  }
}
