package dev.bakehouse.store.s3;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Poll;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// versitygw on a free loopback port: a second server of S3's protocol, whose conditions hold when
/// many write at once. Missing: `go install github.com/versity/versitygw/cmd/versitygw@v1.8.0`.
final class GatewayS3 implements AutoCloseable {
  private final Process process;
  private final int port;

  GatewayS3(Path directory, String bucket) throws Exception {
    Path data = Files.createDirectories(directory.resolve("data"));
    Files.createDirectories(data.resolve(bucket));
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path log = directory.resolve("log");
    process =
        Command.of("versitygw", "--port", "127.0.0.1:" + port, "--quiet", "--keep-alive")
            .and(
                "posix", "--sidecar", Files.createDirectories(directory.resolve("meta")).toString())
            .and(data.toString())
            .env("ROOT_ACCESS_KEY", LocalS3.ID)
            .env("ROOT_SECRET_KEY", LocalS3.SECRET)
            .startInto(log);
    Poll.until(
        "versitygw (see " + log + ")",
        Duration.ofSeconds(30),
        () -> {
          if (!process.isAlive()) {
            throw new Poll.Fatal("versitygw ended: " + Files.readString(log), "See above.");
          }
          try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return Optional.of(true);
          }
        });
  }

  int port() {
    return port;
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }
}
