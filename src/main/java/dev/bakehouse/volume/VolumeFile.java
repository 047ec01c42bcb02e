package dev.bakehouse.volume;

import dev.bakehouse.platform.Durable;
import dev.bakehouse.platform.Holes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// `volume.json`: what a volume's newest generation is. Replacing it is what keeps a generation.
///
/// @param layers names of its files, the lowest first
/// @param generation counts up with every one that is kept
/// @param build the build whose job left it so
/// @param kept when
/// @param published as in [Volume]
record VolumeFile(
    int version,
    String scope,
    String step,
    List<String> kinds,
    List<String> layers,
    long generation,
    String build,
    Instant kept,
    Map<String, String> published) {
  static final String NAME = "volume.json";
  static final int VERSION = 1;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /// Empty when there is none.
  ///
  /// @throws IOException when that can not be told, for a damaged one, and for one of another
  ///   version
  static Optional<VolumeFile> read(Path directory) throws IOException {
    try {
      byte[] json = Files.readAllBytes(directory.resolve(NAME));
      @Nullable VolumeFile file = JSON.readValue(json, VolumeFile.class);
      if (file == null || file.version != VERSION || file.layers.isEmpty()) {
        throw new IOException(directory.resolve(NAME) + " is of another version");
      }
      return Optional.of(file);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (JacksonException | NullPointerException e) {
      throw new IOException(directory.resolve(NAME) + " is damaged", e);
    }
  }

  /// As [#read]; also empty when it can not be read. For what deletes nothing because of that.
  static Optional<VolumeFile> sound(Path directory) {
    try {
      return read(directory);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  void write(Path directory) throws IOException {
    Durable.replace(directory.resolve(NAME), JSON.writeValueAsBytes(this));
  }

  VolumeKey key() {
    return new VolumeKey(scope, step, kinds);
  }

  /// Whether its generation is the one that has these files.
  boolean holds(List<String> files) {
    return layers.getLast().equals(files.getLast());
  }

  VolumeFile with(List<String> otherLayers) {
    return new VolumeFile(
        version, scope, step, kinds, otherLayers, generation, build, kept, published);
  }

  VolumeFile publishedAs(Map<String, String> roots) {
    return new VolumeFile(version, scope, step, kinds, layers, generation, build, kept, roots);
  }

  /// Whether all its files are there.
  boolean whole(Path directory) {
    return layers.stream().allMatch(name -> Files.isRegularFile(directory.resolve(name)));
  }

  /// The volume that a directory is by this.
  Volume volume(Path directory) {
    return new Volume(
        String.valueOf(directory.getFileName()),
        key(),
        generation,
        build,
        kept,
        published,
        used(directory),
        Files.exists(directory.resolve(Volumes.PIN)),
        layers.size(),
        layers.stream().mapToLong(name -> allocated(directory.resolve(name))).sum());
  }

  private Instant used(Path directory) {
    try {
      return Files.getLastModifiedTime(directory.resolve(Volumes.USED)).toInstant();
    } catch (IOException e) {
      return kept;
    }
  }

  /// Bytes of the disk that a file takes up.
  static long allocated(Path file) {
    try (Holes holes = Holes.open(file)) {
      return holes.data(0, Files.size(file));
    } catch (IOException e) {
      return 0;
    }
  }
}
