package dev.bakehouse.platform;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/// A file system of its own, of which one sees what a power cut would leave: what is on its disk,
/// but not what waits in memory. Only root can mount one.
public final class PowerCut implements AutoCloseable {
  private final Path image;
  private final Path after;

  /// The directory that is used.
  public final Path before;

  public PowerCut(Path dir) throws IOException {
    image = dir.resolve("disk-with-power");
    before = Files.createDirectories(dir.resolve("before"));
    after = Files.createDirectories(dir.resolve("after"));
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(400L << 20);
    }
    Command.of("mkfs.xfs", "-q", image.toString()).check();
    Command.of("mount", "-o", "loop", image.toString(), before.toString()).check();
  }

  public static boolean possible() {
    return System.getProperty("user.name").equals("root") && Programs.find("mkfs.xfs").isPresent();
  }

  /// Puts all on the disk that was written until now.
  public void settle() {
    Command.of("sync", "-f", before.toString()).check();
  }

  /// The directory as it is after a power cut now, once; what others wrote has moved the journal.
  public Path cut() throws IOException {
    Path other = Files.createFile(before.resolve("other"));
    Durable.sync(other);
    Path copy = image.resolveSibling("disk-without-power");
    Command.of("cp", "--sparse=always", image.toString(), copy.toString()).check();
    Command.of("mount", "-o", "loop,nouuid", copy.toString(), after.toString()).check();
    return after;
  }

  @Override
  public void close() {
    Command.of("umount", before.toString()).check();
    Outcome _ = Command.of("umount", after.toString()).run();
  }
}
