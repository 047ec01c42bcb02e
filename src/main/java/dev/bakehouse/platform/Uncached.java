package dev.bakehouse.platform;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/// Files written around the page cache (O_DIRECT, F_NOCACHE). Memory, places and lengths must be
/// multiples of [#ALIGNMENT].
public final class Uncached {
  public static final int ALIGNMENT = 4096;

  private Uncached() {}

  /// Opens an existing file for writing; empty where the file system knows no such thing.
  public static Optional<FileChannel> open(Path file) throws IOException {
    if (ALIGNMENT % Files.getFileStore(file).getBlockSize() != 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(FileChannel.open(file, StandardOpenOption.WRITE, direct()));
    } catch (IOException | UnsupportedOperationException | ClassNotFoundException e) {
      return Optional.empty();
    }
  }

  /// The JDK's option, by name: the compiler warns of every use of its package.
  private static OpenOption direct() throws ClassNotFoundException {
    Object[] all = Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants();
    for (Object option : all == null ? new Object[0] : all) {
      if (option instanceof OpenOption open && option.toString().equals("DIRECT")) {
        return open;
      }
    }
    throw new UnsupportedOperationException("no option to write around the page cache");
  }
}
