package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.CommandFailed;
import dev.bakehouse.platform.Durable;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Trees;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;

/// Disks of images made larger together with the ext4 file system that fills them: once for each
/// image and size, in `STATE/cache/grown`. A guest could not do it itself: to grow a mounted file
/// system needs a larger journal than our images have.
final class Grown {
  private static final Duration LIMIT = Duration.ofHours(1);

  private final Path cache;

  Grown(Path state) {
    this.cache = state.resolve("cache").resolve("grown");
  }

  /// @param gb larger than the image's disk
  /// @return a raw disk of that size
  Path disk(BaseImage image, int gb) throws IOException {
    String key = image.digest().replaceAll("[^A-Za-z0-9.-]", "_") + "-" + gb + "g";
    Path done = cache.resolve(key);
    if (!Files.exists(done.resolve(BaseFiles.DISK))) {
      sweep();
      make(image.directory().resolve(BaseFiles.DISK), gb, done);
    }
    return done.resolve(BaseFiles.DISK);
  }

  private void make(Path from, int gb, Path done) throws IOException {
    Path draft = Files.createTempDirectory(Trees.make(cache), ".new");
    try {
      Path disk = draft.resolve(BaseFiles.DISK);
      boolean linux = System.getProperty("os.name").equals("Linux");
      Command copy = Command.of("cp");
      (linux ? copy.and("--sparse=always", "--reflink=auto") : copy.and("-c"))
          .and(from.toString(), disk.toString())
          .deadline(LIMIT)
          .check();
      try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
        file.setLength(gb * (1L << 30));
      }
      Command check = sbin("e2fsck", "-f", "-p", disk.toString());
      if (check.run().status() > 1) {
        throw new CommandFailed(check, "found errors in the copy of " + from);
      }
      sbin("resize2fs", disk.toString()).check();
      Durable.syncAll(draft);
      Files.move(draft, done, StandardCopyOption.ATOMIC_MOVE);
      Durable.sync(cache);
    } catch (IOException e) {
      if (!Files.isDirectory(done)) {
        throw e;
      }
    } finally {
      Trees.delete(draft);
    }
  }

  /// Removes those no VM or template stands on: theirs have a second hard link.
  private void sweep() throws IOException {
    for (String name : Trees.names(cache)) {
      Path disk = cache.resolve(name).resolve(BaseFiles.DISK);
      if (!name.startsWith(".")
          && Files.exists(disk)
          && Files.getAttribute(disk, "unix:nlink").equals(1)) {
        Trees.delete(cache.resolve(name));
      }
    }
  }

  private static Command sbin(String program, String... arguments) {
    return Command.of(Programs.path(program)).and(arguments).deadline(LIMIT);
  }
}
