package dev.bakehouse.oci;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Programs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// `crane registry serve` on a free loopback port. `./check` installs crane; by hand:
/// `GOBIN=$PWD/.bakehouse/tools/bin go install
/// github.com/google/go-containerregistry/cmd/crane@v0.20.6`, with that directory on PATH.
final class CraneRegistry implements AutoCloseable {
  private final Process process;
  private final int port;

  private CraneRegistry(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  static CraneRegistry start(Path log) throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    String address = "127.0.0.1:" + port;
    Process process =
        Command.of(program(), "registry", "serve", "--address", address).startInto(log);
    Poll.until(
        "crane registry serve (see " + log + ")",
        Duration.ofSeconds(20),
        () -> {
          try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return Optional.of(true);
          }
        });
    return new CraneRegistry(process, port);
  }

  static String program() {
    return Programs.find("crane")
        .orElseThrow(
            () ->
                new AssertionError(
                    "crane is missing: GOBIN=$PWD/.bakehouse/tools/bin go install"
                        + " github.com/google/go-containerregistry/cmd/crane@v0.20.6"
                        + " and put that directory on PATH"))
        .toString();
  }

  String host() {
    return "127.0.0.1:" + port;
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }
}
