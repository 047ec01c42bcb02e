package dev.bakehouse.platform;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Files and directories that mean nothing once the process that made them has ended; their names
/// say which.
public final class Scratch {
  private static final Pattern NAME = Pattern.compile("of-(\\d+)-(\\d+)-.*");

  private Scratch() {}

  /// Makes a file for this process, which removes it itself unless it is killed.
  public static Path file(Path directory) throws IOException {
    return Files.createTempFile(directory, prefix(), "");
  }

  /// Makes a private directory for this process, which is removed when the process ends. What
  /// killed ones left beside it goes as well.
  ///
  /// @param parent for such directories only; made when it is missing
  public static Path directory(Path parent) throws IOException {
    Directories.makePrivate(parent);
    try (DirectoryStream<Path> all = Files.newDirectoryStream(parent, Scratch::dead)) {
      all.forEach(Directories::delete);
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    Path own = Files.createTempDirectory(parent, prefix());
    Runtime.getRuntime().addShutdownHook(new Thread(() -> Directories.delete(own)));
    return own;
  }

  /// Whether a file is one of a process that has ended.
  public static boolean dead(Path file) {
    Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
    return name.matches()
        && new Processes.Identity(Long.parseLong(name.group(1)), Long.parseLong(name.group(2)))
            .alive()
            .isEmpty();
  }

  private static String prefix() {
    Processes.Identity self = Processes.self();
    return "of-%d-%d-".formatted(self.pid(), self.started());
  }
}
