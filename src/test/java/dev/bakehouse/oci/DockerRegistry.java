package dev.bakehouse.oci;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Poll;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// Debian's `docker-registry` on a free loopback port; missing: `apt install docker-registry`.
public final class DockerRegistry implements AutoCloseable {
  /// `user` with the password `s3cret`.
  private static final String HTPASSWD =
      "user:$2y$05$abcdefghijklmnopqrstuuLK7U1u6pVRmL7L1BBM2aS35PSZnDXlK\n";

  private final Process process;
  private final int port;

  private DockerRegistry(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /// @param login whether it wants [#HTPASSWD]'s
  public static DockerRegistry start(Path directory, boolean login) throws IOException {
    Files.createDirectories(directory);
    Path passwords = Files.writeString(directory.resolve("htpasswd"), HTPASSWD);
    return start(
        directory,
        login ? "auth:\n  htpasswd:\n    realm: test\n    path: " + passwords + "\n" : "");
  }

  /// A pull-through cache of another registry without TLS.
  static DockerRegistry mirrorOf(String host, Path directory) throws IOException {
    return start(directory, "proxy:\n  remoteurl: http://" + host + "\n");
  }

  /// @param settings more lines of its configuration
  static DockerRegistry start(Path directory, String settings) throws IOException {
    Files.createDirectories(directory);
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path config =
        Files.writeString(
            directory.resolve("config.yml"),
            """
            version: 0.1
            log: {level: warn}
            storage:
              filesystem: {rootdirectory: %s}
            http: {addr: "127.0.0.1:%d"}
            %s"""
                .formatted(directory.resolve("data"), port, settings));
    Process process =
        Command.of("docker-registry", "serve", config.toString())
            .startInto(directory.resolve("log"));
    DockerRegistry registry = new DockerRegistry(process, port);
    Poll.until(
        "docker-registry (see " + directory.resolve("log") + ")",
        Duration.ofSeconds(20),
        () -> {
          if (!process.isAlive()) {
            throw new Poll.Fatal(
                "docker-registry ended: " + Files.readString(directory.resolve("log")),
                "See above.");
          }
          try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return Optional.of(true);
          }
        });
    return registry;
  }

  public String host() {
    return "127.0.0.1:" + port;
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }
}
