package dev.bakehouse.coordinator;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;

/// Secrets that jobs ask for by name: files in the state directory's `secrets`, which whoever runs
/// the coordinator puts there. A fork's jobs get none. A last line break is not part of the secret.
final class Secrets {
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,254}");

  private final Core core;
  private final Access access;
  private final Path directory;

  Secrets(Core core, Access access) {
    this.core = core;
    this.access = access;
    this.directory = core.config().state().resolve("secrets");
  }

  void routes(Router router) {
    router.add("GET", "/v3/jobs/:id/secrets", this::get);
  }

  private Reply get(Request request) throws IOException {
    String job = access.running(request);
    if (core.database().read(tx -> Environment.identity(tx, job)).fork()) {
      throw new HttpError(
          403, "Builds of forks get no secrets: their commands are not this repository's");
    }
    String key = request.asked("key").orElse("");
    if (!NAME.matcher(key).matches() || !Files.isRegularFile(directory.resolve(key))) {
      throw new HttpError(404, "There is no secret \"" + key + "\" in this coordinator");
    }
    String value = Files.readString(directory.resolve(key)).replaceFirst("\\R\\z", "");
    UUID id = UUID.nameUUIDFromBytes(key.getBytes(StandardCharsets.UTF_8));
    return Reply.json(Map.of("key", key, "value", value, "uuid", id.toString()));
  }
}
