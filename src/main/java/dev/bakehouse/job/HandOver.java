package dev.bakehouse.job;

import dev.bakehouse.guest.Identity;
import dev.bakehouse.guest.SshTarget;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// What the heir of a VM must know of its connection: a file beside the connection's key.
///
/// @param forwards loopback ports the guest reaches already
/// @param socket of the connection that stands
record HandOver(
    Endpoint endpoint,
    String hostKey,
    String machineId,
    String authorizedKey,
    List<Integer> forwards,
    Path socket) {
  private static final String FILE = "hand-over.json";
  private static final String KEY = "key";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  HandOver(Endpoint endpoint, Identity identity, List<Integer> forwards, Path socket) {
    this(
        endpoint,
        identity.hostKey().publicLine(),
        identity.machineId(),
        identity.authorizedKey(),
        forwards,
        socket.toAbsolutePath());
  }

  /// @param dir the connection's
  void write(Path dir) {
    Directories.writePrivate(dir.resolve(FILE), JSON.writeValueAsBytes(this));
  }

  static HandOver read(Path dir) {
    try {
      return JSON.readValue(Files.readAllBytes(dir.resolve(FILE)), HandOver.class);
    } catch (IOException | JacksonException e) {
      throw new UserError(
          "Could not read the standby VM's " + dir.resolve(FILE) + ": " + e.getMessage(),
          "Another VM is started.",
          e);
    }
  }

  SshTarget target(Path dir, String user, String program) {
    return new SshTarget(
        endpoint.host(), endpoint.port(), user, dir.resolve(KEY), hostKey, program);
  }
}
