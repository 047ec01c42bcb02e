package dev.bakehouse;

import dev.bakehouse.platform.Directories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A directory whose path is short enough for sockets in it; it goes with the tests' process.
public final class ShortDirectory {
  private ShortDirectory() {}

  public static Path make() throws IOException {
    Path directory = Files.createTempDirectory("bk");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> Directories.delete(directory)));
    return directory;
  }
}
