package dev.bakehouse.platform;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Small files that mean nothing once the process that made them has ended; their names say which.
public final class Scratch {
  private static final Pattern NAME = Pattern.compile("of-(\\d+)-(\\d+)-.*");

  private Scratch() {}

  /// Makes one for this process, which removes it itself unless it is killed.
  public static Path file(Path directory) throws IOException {
    Processes.Identity self = Processes.self();
    return Files.createTempFile(directory, "of-%d-%d-".formatted(self.pid(), self.started()), "");
  }

  /// Whether a file is one of a process that has ended.
  public static boolean dead(Path file) {
    Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
    return name.matches()
        && new Processes.Identity(Long.parseLong(name.group(1)), Long.parseLong(name.group(2)))
            .alive()
            .isEmpty();
  }
}
