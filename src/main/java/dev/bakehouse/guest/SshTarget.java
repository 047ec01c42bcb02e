package dev.bakehouse.guest;

import java.nio.file.Path;

/// Whom to log in to, and how to know it is the right one.
///
/// @param host where this process reaches the guest's sshd
/// @param user in the guest
/// @param key private key file, mode 0600
/// @param hostKey the one host key accepted, `ssh-ed25519 AAAA…`
/// @param program the guest program's path in the guest
public record SshTarget(
    String host, int port, String user, Path key, String hostKey, String program) {
  private static final String PROGRAM = "/usr/lib/bakehouse/guest.pl";

  public SshTarget(String host, int port, String user, Path key, String hostKey) {
    this(host, port, user, key, hostKey, PROGRAM);
  }
}
