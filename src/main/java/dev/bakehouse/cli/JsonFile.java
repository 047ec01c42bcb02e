package dev.bakehouse.cli;

import dev.bakehouse.platform.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// The file of `--json`, written at the end of long work.
final class JsonFile {
  private JsonFile() {}

  /// @throws UserError before the work, when it could not be written after it
  static void insistWritable(Optional<Path> file) {
    if (file.isEmpty()) {
      return;
    }
    Path target = file.get().toAbsolutePath();
    Path parent = target.getParent();
    boolean fine =
        Files.exists(target)
            ? Files.isWritable(target) && !Files.isDirectory(target)
            : parent != null && Files.isDirectory(parent) && Files.isWritable(parent);
    if (!fine) {
      throw new UserError(
          "The file " + file.get() + " of --json can not be written",
          "Name one in a directory that exists and is yours.");
    }
  }
}
