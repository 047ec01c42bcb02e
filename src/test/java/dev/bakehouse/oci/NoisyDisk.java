package dev.bakehouse.oci;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/// A VM of full slices with some incompressible data in each.
public final class NoisyDisk {
  private NoisyDisk() {}

  public static Path make(Path directory, int slices, int bytesEach, long seed) throws IOException {
    Files.createDirectories(directory);
    Random random = new Random(seed);
    try (RandomAccessFile disk =
        new RandomAccessFile(directory.resolve("disk.img").toFile(), "rw")) {
      disk.setLength(slices * TartManifest.SLICE);
      for (int i = 0; i < slices; i++) {
        byte[] noise = new byte[bytesEach];
        random.nextBytes(noise);
        disk.seek(i * TartManifest.SLICE + random.nextInt(1 << 28));
        disk.write(noise);
      }
    }
    Files.writeString(directory.resolve("config.json"), "{\"os\":\"linux\",\"arch\":\"amd64\"}");
    Files.write(directory.resolve("nvram.bin"), "nvram".getBytes(StandardCharsets.UTF_8));
    return directory;
  }
}
