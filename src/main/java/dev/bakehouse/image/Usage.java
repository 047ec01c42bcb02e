package dev.bakehouse.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/// What images take up: blocks of the disk by file, and a file of several names once.
///
/// Blocks that clones share can not be told from others, so clones count in full; what deleting one
/// really freed shows in the file system's free space only.
final class Usage {
  private final Map<String, Body> bodies = new HashMap<>();

  /// A file under all its names.
  ///
  /// @param links how many names it has, also outside the store
  /// @param names of the images that have it
  private record Body(long bytes, long links, List<String> names) {}

  private Usage() {}

  static Usage of(List<LocalImage> images) throws IOException {
    Usage usage = new Usage();
    Map<String, Path> first = new TreeMap<>();
    Map<String, List<String>> names = new HashMap<>();
    Map<String, Long> links = new HashMap<>();
    for (LocalImage image : images) {
      for (Path file : files(image.directory())) {
        Map<String, Object> about;
        try {
          about = Files.readAttributes(file, "unix:dev,ino,nlink");
        } catch (NoSuchFileException e) {
          continue;
        }
        String key = about.get("dev") + ":" + about.get("ino");
        first.putIfAbsent(key, file);
        names.computeIfAbsent(key, _ -> new ArrayList<>()).add(image.name());
        links.put(key, ((Number) about.getOrDefault("nlink", 1)).longValue());
      }
    }
    Map<Path, Long> sizes = Trees.allocated(List.copyOf(first.values()));
    first.forEach(
        (key, file) ->
            usage.bodies.put(
                key,
                new Body(
                    sizes.getOrDefault(file, 0L),
                    links.getOrDefault(key, 1L),
                    names.getOrDefault(key, List.of()))));
    return usage;
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(Files::isRegularFile).toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  /// All of them together.
  long total() {
    return bodies.values().stream().mapToLong(Body::bytes).sum();
  }

  /// One image with all it shares.
  long of(String name) {
    return bodies.values().stream()
        .filter(body -> body.names().contains(name))
        .mapToLong(Body::bytes)
        .sum();
  }

  /// What is freed when images of these names are deleted: files that have no other name.
  long freed(Collection<String> gone) {
    return bodies.values().stream()
        .filter(body -> body.links() <= body.names().stream().filter(gone::contains).count())
        .mapToLong(Body::bytes)
        .sum();
  }

  /// The images that share a file with one, itself among them.
  Set<String> sharing(String name) {
    Set<String> all = new TreeSet<>(Set.of(name));
    bodies.values().stream()
        .filter(body -> body.names().contains(name))
        .forEach(body -> all.addAll(body.names()));
    return all;
  }
}
