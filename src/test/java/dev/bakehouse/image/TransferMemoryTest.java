package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.oci.DockerRegistry;
import dev.bakehouse.oci.NoisyDisk;
import dev.bakehouse.oci.TartManifest;
import dev.bakehouse.platform.Command;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A disk of 512 GiB, with slices that each are larger than the memory a transfer has.
@Tag("registry")
class TransferMemoryTest {
  private static final int SLICES = 1024;
  private static final int WITH_DATA = 4;

  /// Far below what the launcher gives, so that what grows with the disk ends in an error.
  private static final List<String> LIMITS =
      List.of("-Xmx96m", "-XX:MaxDirectMemorySize=32m", "-XX:+ExitOnOutOfMemoryError");

  @TempDir Path temp;

  @Test
  void pushAndPullOfALargeDiskNeedLittleMemory() throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false)) {
      Path origin = temp.resolve("origin");
      Path vm = NoisyDisk.make(temp.resolve("vm"), WITH_DATA, 20_000_000, 1);
      long size = SLICES * TartManifest.SLICE;
      try (RandomAccessFile disk = new RandomAccessFile(vm.resolve("disk.img").toFile(), "rw")) {
        disk.setLength(size);
      }
      new Fixture(origin).store.adopt("v1", vm, Map.of(), "test");
      String repository = registry.host() + "/o/r/vm";
      run(origin, "push", "v1", repository + ":v1");
      Path host = temp.resolve("host");
      run(host, "pull", repository + ":v1", "--name", "v1");

      Path changed = NoisyDisk.make(temp.resolve("changed"), WITH_DATA, 20_000_000, 1);
      try (RandomAccessFile disk =
          new RandomAccessFile(changed.resolve("disk.img").toFile(), "rw")) {
        disk.seek(100_000);
        disk.write(new byte[] {1, 2, 3});
        disk.setLength(size);
      }
      new Fixture(origin).store.adopt("v2", changed, Map.of(), "test");
      run(origin, "push", "v2", repository + ":v2");
      run(host, "pull", repository + ":v2", "--name", "v2");
      Path pulled = new Fixture(host).store.get("v2").disk();
      assertThat(Files.size(pulled)).isEqualTo(size);
      assertThat(start(pulled)).isEqualTo(start(changed.resolve("disk.img")));
    }
  }

  private static byte[] start(Path disk) throws IOException {
    try (var in = Files.newInputStream(disk)) {
      return in.readNBytes(200_000);
    }
  }

  private static void run(Path state, String... args) {
    List<String> plain = new Child(state).command(args).argv();
    var _ =
        Command.of(plain.getFirst())
            .and(LIMITS.toArray(String[]::new))
            .and(plain.subList(1, plain.size()).toArray(String[]::new))
            .check();
  }
}
