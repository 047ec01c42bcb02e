package dev.bakehouse.volume;

import dev.bakehouse.platform.Durable;
import java.io.IOException;
import java.nio.file.Files;
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
/// @param published by kind, what the store has of this generation; empty until it has all
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

  /// Empty when there is none, or one of another version.
  static Optional<VolumeFile> read(Path directory) {
    try {
      byte[] json = Files.readAllBytes(directory.resolve(NAME));
      @Nullable VolumeFile file = JSON.readValue(json, VolumeFile.class);
      boolean sound = file != null && file.version == VERSION && !file.layers.isEmpty();
      return sound ? Optional.of(file) : Optional.empty();
    } catch (IOException | JacksonException e) {
      return Optional.empty();
    }
  }

  void write(Path directory) throws IOException {
    Durable.replace(directory.resolve(NAME), JSON.writeValueAsBytes(this));
  }

  VolumeKey key() {
    return new VolumeKey(scope, step, kinds);
  }

  VolumeFile with(List<String> otherLayers) {
    return new VolumeFile(
        version, scope, step, kinds, otherLayers, generation, build, kept, published);
  }

  VolumeFile publishedAs(Map<String, String> roots) {
    return new VolumeFile(version, scope, step, kinds, layers, generation, build, kept, roots);
  }
}
