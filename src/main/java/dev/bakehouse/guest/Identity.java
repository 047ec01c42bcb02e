package dev.bakehouse.guest;

import java.security.SecureRandom;
import java.util.HexFormat;

/// What makes one guest different from its twins.
///
/// @param hostname its name, also in /etc/hosts
/// @param machineId 32 hexadecimal digits
/// @param hostKey its SSH host key, made on the host
/// @param user who may log in
/// @param authorizedKey the one public key that lets the user in, as in `authorized_keys`
public record Identity(
    String hostname, String machineId, SshKey hostKey, String user, String authorizedKey) {
  /// A new machine identity and host key.
  public static Identity fresh(String hostname, String user, SshKey login) {
    byte[] machine = new byte[16];
    new SecureRandom().nextBytes(machine);
    // Version 4, variant 1, as systemd makes them.
    machine[6] = (byte) ((machine[6] & 0x0f) | 0x40);
    machine[8] = (byte) ((machine[8] & 0x3f) | 0x80);
    return new Identity(
        hostname, HexFormat.of().formatHex(machine), SshKey.create(), user, login.publicLine());
  }

  /// That of a guest which has it, for entropy and clock: its SSH server stays as it is.
  public static Identity again(
      String hostname, String machineId, String user, String authorizedKey) {
    return new Identity(hostname, machineId, new SshKey("", ""), user, authorizedKey);
  }

  String hosts() {
    return "127.0.0.1 localhost\n127.0.1.1 " + hostname + "\n::1 localhost\n";
  }
}
