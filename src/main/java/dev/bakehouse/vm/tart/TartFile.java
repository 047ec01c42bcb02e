package dev.bakehouse.vm.tart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// `tart.json` of a VM's directory: what Bakehouse knows of it beyond [dev.bakehouse.vm.VmRecord].
///
/// @param suspendable whether it is run with `--suspendable`
/// @param template the directory of the template it was cloned from, also once it ran: it has that
///   template's MAC for life
record TartFile(boolean suspendable, @Nullable String template) {
  private static final String NAME = "tart.json";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  void write(Path directory) throws IOException {
    Files.write(directory.resolve(NAME), JSON.writeValueAsBytes(this));
  }

  static Optional<TartFile> read(Path directory) {
    try {
      return Optional.of(
          JSON.readValue(Files.readAllBytes(directory.resolve(NAME)), TartFile.class));
    } catch (IOException | JacksonException e) {
      return Optional.empty();
    }
  }
}
