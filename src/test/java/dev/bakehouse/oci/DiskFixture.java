package dev.bakehouse.oci;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A small VM's files: a sparse disk of three slices, of which the middle one is all zero.
public final class DiskFixture {
  public static final long SIZE = 2 * TartManifest.SLICE + (5 << 20) + 12_345;

  private DiskFixture() {}

  public static Path make(Path directory, long seed) throws IOException {
    Files.createDirectories(directory);
    try (RandomAccessFile file =
        new RandomAccessFile(directory.resolve("disk.img").toFile(), "rw")) {
      file.setLength(SIZE);
    }
    try (FileChannel out =
        FileChannel.open(directory.resolve("disk.img"), StandardOpenOption.WRITE)) {
      out.write(ByteBuffer.wrap(AppleLz4Test.mixed(6 << 20, seed)), 0);
      out.write(ByteBuffer.wrap(AppleLz4Test.mixed(1 << 20, seed + 1)), 400L << 20);
      out.write(ByteBuffer.wrap(AppleLz4Test.mixed(1 << 20, seed + 2)), SIZE - (1 << 20));
    }
    Files.writeString(
        directory.resolve("config.json"),
        "{\"version\":1,\"os\":\"linux\",\"arch\":\"amd64\",\"diskFormat\":\"raw\"}");
    Files.write(directory.resolve("nvram.bin"), "nvram".getBytes(StandardCharsets.UTF_8));
    return directory;
  }
}
