package dev.bakehouse.vm.tart;

import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// `template.json` of a template: a suspended VM that Tart keeps, to clone from.
///
/// @param vm its exact name in Tart
/// @param host version of the operating system that suspended it: no other resumes it
record TartTemplate(
    String key, String vm, String host, BaseImage image, Shape shape, Instant created) {
  private static final String NAME = "template.json";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  void write(Path directory) throws IOException {
    Files.write(directory.resolve(NAME), JSON.writeValueAsBytes(this));
  }

  static Optional<TartTemplate> read(Path directory) {
    try {
      // Another hypervisor's has other keys.
      byte[] json = Files.readAllBytes(directory.resolve(NAME));
      return JSON.readTree(json).has("vm")
          ? Optional.of(JSON.readValue(json, TartTemplate.class))
          : Optional.empty();
    } catch (IOException | JacksonException e) {
      return Optional.empty();
    }
  }

  boolean fitsHost() {
    return host.equals(System.getProperty("os.version"));
  }
}
