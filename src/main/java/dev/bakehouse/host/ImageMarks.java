package dev.bakehouse.host;

import dev.bakehouse.image.LocalImage;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/// How the files of images looked when they were known to be right: sizes and times, so that a
/// change behind the daemon's back is seen without reading a disk. In `image-marks.json` of the
/// state directory, so that it is seen after a restart, too.
final class ImageMarks {
  private static final JsonMapper JSON = new JsonMapper();

  private final Path file;
  private final Map<String, Mark> marks;

  /// @param content of the image it is about
  /// @param stamp of its files
  /// @param verified ISO-8601, when every byte was read last; else when it was first seen
  /// @param damage what is wrong with it, empty when nothing is
  record Mark(String content, String stamp, String verified, String damage) {}

  ImageMarks(Path state) {
    this.file = state.resolve("image-marks.json");
    this.marks = load();
  }

  /// @param image which may have been replaced since
  synchronized Optional<Mark> of(LocalImage image) {
    return Optional.ofNullable(marks.get(image.name()))
        .filter(mark -> mark.content().equals(image.content()));
  }

  synchronized void put(LocalImage image, String stamp, Instant verified, String damage) {
    marks.put(image.name(), new Mark(image.content(), stamp, verified.toString(), damage));
    Directories.writePrivate(file, JSON.writeValueAsString(marks).getBytes(StandardCharsets.UTF_8));
  }

  /// Sizes and times of what VMs start from.
  ///
  /// @throws IOException when the disk or the configuration is not there
  static String stamp(Path directory) throws IOException {
    String nvram = Files.exists(directory.resolve("nvram.bin")) ? one(directory, "nvram.bin") : "";
    return one(directory, "disk.img") + one(directory, "config.json") + nvram;
  }

  private static String one(Path directory, String name) throws IOException {
    Path path = directory.resolve(name);
    return name + " " + Files.size(path) + " " + Files.getLastModifiedTime(path) + "; ";
  }

  private Map<String, Mark> load() {
    try {
      return JSON.readValue(
          Files.readAllBytes(file), new TypeReference<TreeMap<String, Mark>>() {});
    } catch (NoSuchFileException e) {
      return new TreeMap<>();
    } catch (IOException | JacksonException e) {
      throw new UserError(
          "Could not read " + file + ": " + e.getMessage(),
          "Remove it: the images are then taken for right until they are read again.",
          e);
    }
  }
}
