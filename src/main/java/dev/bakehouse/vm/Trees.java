package dev.bakehouse.vm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// Private directories.
public final class Trees {
  private Trees() {}

  /// Makes a directory and its parents; a new one is closed to other users.
  public static Path make(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return directory;
    }
    return Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /// Removes a directory and all in it; what another process removes meanwhile is no error.
  public static void delete(Path directory) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(directory)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    } catch (NoSuchFileException | UncheckedIOException e) {
      if (!Files.exists(directory)) {
        return;
      }
      throw new IOException(e);
    }
    for (Path path : all) {
      Files.deleteIfExists(path);
    }
  }

  /// The names in a directory, none when it is missing.
  public static List<String> names(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(p -> String.valueOf(p.getFileName())).sorted().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }
}
