package dev.bakehouse.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Where things lie in a guest of one system.
///
/// @param home of the user
/// @param workspace where a build sees the checkout: on Linux a copy of it
record GuestSystem(String home, String workspace) {
  static final String USER = "admin";

  private static final GuestSystem LINUX = new GuestSystem("/home/admin", "/mnt/workspace");
  private static final GuestSystem DARWIN =
      new GuestSystem("/Users/admin", "/Volumes/My Shared Files/workspace");

  /// As the image's `config.json` tells.
  static GuestSystem of(LocalImage image) {
    Path config = image.directory().resolve("config.json");
    try {
      String os = new JsonMapper().readTree(Files.readAllBytes(config)).path("os").asString("");
      return os.equals("darwin") ? DARWIN : LINUX;
    } catch (IOException | JacksonException e) {
      throw Trees.failed("read " + config, new IOException(e.getMessage(), e));
    }
  }

  Map<String, String> environment() {
    return Map.of(
        "HOME",
        home,
        "USER",
        USER,
        "LOGNAME",
        USER,
        "SHELL",
        "/bin/bash",
        "LANG",
        "C.UTF-8",
        "PATH",
        "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin");
  }
}
