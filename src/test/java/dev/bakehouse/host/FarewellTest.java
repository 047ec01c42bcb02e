package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Threads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A coordinator that is lost in the middle of its answer holds no host up.
class FarewellTest {
  @TempDir Path dir;

  @Test
  @Timeout(60)
  void anAnswerThatStopsIsNotWaitedFor() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Socket> asked = new CompletableFuture<>();
      Thread _ = Threads.start(() -> answer(server, asked));
      Directories.writePrivate(dir.resolve("token"), "t".getBytes(StandardCharsets.UTF_8));
      Path config = dir.resolve("bakehouse.yml");
      Files.writeString(
          config,
          """
          host: {name: oven, state: '%s/state'}
          vm: {hypervisor: qemu}
          agent: {endpoint: 'http://127.0.0.1:%d/v3', token-file: '%s/token'}
          """
              .formatted(dir, server.getLocalPort(), dir));
      Farewell.say(HostSettings.read(config), "oven.1");
      try (Socket open = asked.get(30, TimeUnit.SECONDS)) {
        assertThat(open.isClosed()).isFalse();
      }
    }
  }

  private static void answer(ServerSocket server, CompletableFuture<Socket> asked) {
    try {
      Socket socket = server.accept();
      String head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      asked.complete(socket);
    } catch (IOException e) {
      asked.completeExceptionally(e);
    }
  }
}
