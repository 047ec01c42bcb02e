package dev.bakehouse.vm.qemu;

import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// `template.json` of a template.
///
/// @param version,accel the QEMU that suspended it, for people
/// @param signature of [CommandLine]: a template of another machine does not count
record TemplateFile(
    String key,
    String version,
    String accel,
    String signature,
    BaseImage image,
    Shape shape,
    Instant created) {
  static final String NAME = "template.json";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  void write(Path directory) throws IOException {
    Files.write(directory.resolve(NAME), JSON.writeValueAsBytes(this));
  }

  static Optional<TemplateFile> read(Path directory) {
    try {
      byte[] json = Files.readAllBytes(directory.resolve(NAME));
      return Optional.of(JSON.readValue(json, TemplateFile.class));
    } catch (IOException | JacksonException e) {
      return Optional.empty();
    }
  }
}
