package dev.bakehouse.rollout;

import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The last image that this host could not build because of what it is made from.
record Broken(Path file) {
  private static final JsonMapper JSON = new JsonMapper();

  private record Note(String identity, String why) {}

  Optional<String> why(String identity) {
    try {
      Note note = JSON.readValue(Files.readAllBytes(file), Note.class);
      return identity.equals(note.identity()) ? Optional.of(note.why()) : Optional.empty();
    } catch (NoSuchFileException | JacksonException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UserError("Could not read " + file + ": " + e, "Check its owner and mode.", e);
    }
  }

  void clear() {
    note("", "");
  }

  void note(String identity, String why) {
    String json = JSON.writeValueAsString(new Note(identity, why));
    Directories.writePrivate(file, json.getBytes(StandardCharsets.UTF_8));
  }
}
