package dev.bakehouse.image;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/// How an image lies in its directory.
final class Shelf {
  static final String PINNED = "pinned";
  static final String HELD = "held";

  /// By a person, by a rollout.
  static final List<String> PINS = List.of(PINNED, HELD);

  private static final JsonMapper JSON = new JsonMapper();

  private Shelf() {}

  /// Empty when there is no record.
  ///
  /// @throws IOException, JacksonException when there is one that can not be read
  static Optional<LocalImage> read(String name, Path directory) throws IOException {
    try {
      Path record = directory.resolve(ImageStore.RECORD);
      byte[] json = Files.readAllBytes(record);
      Path used = directory.resolve(ImageStore.USED);
      FileTime time = Files.getLastModifiedTime(Files.exists(used) ? used : record);
      return Optional.of(
          new LocalImage(
              name,
              directory,
              JSON.readValue(json, ImageRecord.class),
              PINS.stream().map(directory::resolve).anyMatch(Files::exists),
              time.toInstant()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (FileSystemException e) {
      if (Files.isDirectory(directory)) {
        throw e;
      }
      return Optional.empty();
    }
  }

  static byte[] json(ImageRecord record) {
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(record);
  }

  /// The directories in one, by name; none when it is missing.
  static List<String> names(Path root) {
    try (Stream<Path> all = Files.list(root)) {
      return all.filter(Files::isDirectory).map(p -> p.getFileName().toString()).sorted().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw Trees.failed("list the images in " + root, e);
    }
  }
}
