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
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

  /// Bytes a sparse file, or a directory with all in it, takes up; 0 when it is missing.
  static long allocated(Path path) throws IOException {
    return Files.exists(path) ? allocated(List.of(path)).getOrDefault(path, 0L) : 0;
  }

  /// The same of several at once; what is missing has no entry.
  static Map<Path, Long> allocated(List<Path> paths) throws IOException {
    Map<Path, Long> sizes = new HashMap<>();
    if (paths.isEmpty()) {
      return sizes;
    }
    Outcome outcome =
        Command.of("du", "-s", "-k")
            .and(paths.stream().map(Path::toString).toArray(String[]::new))
            .run();
    for (String line : outcome.text().lines().toList()) {
      String[] columns = line.split("\t", 2);
      if (columns.length == 2 && columns[0].matches("\\d+")) {
        sizes.put(Path.of(columns[1]), Long.parseLong(columns[0]) * 1024);
      }
    }
    return sizes;
  }

  static UserError failed(String action, IOException e) {
    return new UserError(
        "Could not " + action + ": " + e, "Check free space, owner and mode of the store.", e);
  }
}
