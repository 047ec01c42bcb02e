package dev.bakehouse.fleet;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Programs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// OpenSSH's server on a loopback port, for this user and a key made for it; and the lines of an
/// ssh configuration that lead there under a name.
final class LocalSshd implements AutoCloseable {
  private final String name;
  private final Path dir;
  private final int port;
  private Process process;

  private LocalSshd(String name, Path dir, int port) throws IOException {
    this.name = name;
    this.dir = dir;
    this.port = port;
    again();
  }

  static LocalSshd start(String name, Path dir) throws IOException {
    Files.createDirectories(dir);
    for (String key : new String[] {"host", "user"}) {
      Command.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", dir.resolve(key).toString())
          .check();
    }
    int port = freePort();
    Files.writeString(
        dir.resolve("sshd_config"),
        """
            ListenAddress 127.0.0.1:%d
            HostKey %s
            AuthorizedKeysFile %s
            PasswordAuthentication no
            StrictModes no
            UsePAM no
            PidFile none
            """
            .formatted(port, dir.resolve("host"), dir.resolve("user.pub")));
    if (System.getProperty("user.name").equals("root")) {
      Files.createDirectories(Path.of("/run/sshd"));
    }
    return new LocalSshd(name, dir, port);
  }

  /// Also after [#close], at the same port.
  void again() throws IOException {
    process =
        Command.of(Programs.path("sshd"), "-D", "-e", "-f", dir.resolve("sshd_config").toString())
            .startInto(dir.resolve("sshd.log"));
    Poll.until(
        "sshd, see " + dir.resolve("sshd.log"),
        Duration.ofSeconds(20),
        () -> {
          try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return Optional.of(true);
          }
        });
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  String sshConfig() throws IOException {
    String key = Files.readString(dir.resolve("host.pub"));
    Path known =
        Files.writeString(dir.resolve("known_hosts"), "[127.0.0.1]:%d %s".formatted(port, key));
    return """
    Host %s
      HostName 127.0.0.1
      Port %d
      User %s
      IdentityFile %s
      IdentitiesOnly yes
      UserKnownHostsFile %s
      StrictHostKeyChecking yes
    """
        .formatted(name, port, System.getProperty("user.name"), dir.resolve("user"), known);
  }

  @Override
  public void close() {
    Processes.killTree(process.toHandle());
  }
}
