package dev.bakehouse.platform;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// What must survive a power cut: bytes before the name that shows them, names before what is said
/// about them.
public final class Durable {
  private Durable() {}

  /// Waits until a file's bytes, or a directory's names, are on the disk.
  public static void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /// The same of a directory and every plain file in it.
  public static void syncAll(Path directory) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(directory)) {
      files = all.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      sync(file);
    }
    sync(directory);
  }

  /// Makes a directory and those above it, with their names on the disk.
  public static Path directories(Path directory) throws IOException {
    List<Path> missing = new ArrayList<>();
    Path at = directory.toAbsolutePath().normalize();
    while (at != null && !Files.exists(at)) {
      missing.add(at);
      at = at.getParent();
    }
    Files.createDirectories(directory);
    for (Path made : missing) {
      sync(made.resolveSibling("."));
    }
    return directory;
  }

  /// Gives a finished file its place in one step, its bytes first.
  public static void publish(Path fresh, Path place) throws IOException {
    sync(fresh);
    Files.move(fresh, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    sync(place.resolveSibling("."));
  }

  /// Replaces a file in one step: readers and a power cut see the old bytes or the new ones.
  public static void replace(Path file, byte[] bytes) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.write(fresh, bytes);
    publish(fresh, file);
  }
}
