package dev.bakehouse.image;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;

/// Directories of files, moved, linked and removed as one.
final class Trees {
  private Trees() {}

  static void rename(Path from, Path to) throws IOException {
    Files.createDirectories(to.toAbsolutePath().getParent());
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  /// Brings the named files of a directory into another, those that are there: by hard link, or by
  /// a sparse copy across file systems.
  static void take(Path from, Path to, List<String> names) throws IOException {
    for (String name : names) {
      if (!Files.exists(from.resolve(name))) {
        continue;
      }
      Path file = from.resolve(name).toRealPath(LinkOption.NOFOLLOW_LINKS);
      try {
        Files.createLink(to.resolve(name), file);
      } catch (FileSystemException | UnsupportedOperationException e) {
        copy(file, to.resolve(name));
      }
    }
  }

  /// The same by clones, which share blocks until one is written to; by sparse copies where the
  /// file system has none.
  static void copy(Path from, Path to, List<String> names) throws IOException {
    for (String name : names) {
      if (Files.exists(from.resolve(name))) {
        copy(from.resolve(name), to.resolve(name));
      }
    }
  }

  private static void copy(Path from, Path to) {
    Command copy = Command.of("cp", "-p").deadline(Duration.ofHours(2));
    boolean linux = System.getProperty("os.name").equals("Linux");
    (linux ? copy.and("--sparse=always", "--reflink=auto") : copy.and("-c"))
        .and(from.toString(), to.toString())
        .check();
  }

  /// Bytes a sparse file takes up; its length where the system does not tell.
  static long allocated(Path file) throws IOException {
    if (!Files.exists(file)) {
      return 0;
    }
    Outcome outcome = Command.of("du", "-k", file.toString()).run();
    String first = outcome.text().split("\\s", 2)[0];
    return outcome.ok() && first.matches("\\d+") ? Long.parseLong(first) * 1024 : Files.size(file);
  }

  static UserError failed(String action, IOException e) {
    return new UserError(
        "Could not " + action + ": " + e, "Check free space, owner and mode of the store.", e);
  }
}
