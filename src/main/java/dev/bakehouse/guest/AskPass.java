package dev.bakehouse.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/// Lets OpenSSH ask a one-line script for a password that only its environment holds.
final class AskPass {
  private static final String VARIABLE = "BAKEHOUSE_ASKPASS";

  private AskPass() {}

  /// @param dir where the script goes; it holds no secret
  static Map<String, String> environment(Path dir, String password) throws IOException {
    Path script = dir.resolve("askpass").toAbsolutePath();
    Files.writeString(script, "#!/bin/sh\nprintf '%s\\n' \"$" + VARIABLE + "\"\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return Map.of(
        VARIABLE,
        password,
        "SSH_ASKPASS",
        script.toString(),
        "SSH_ASKPASS_REQUIRE",
        "force",
        "DISPLAY",
        ":0");
  }
}
