package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.pipeline.Pipeline;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Bodies that are too large, too slow or never come.
class HostileBodiesTest {
  @TempDir Path dir;

  /// Straight to the server: its patience is a minute there.
  @Test
  void aBodyThatStopsIsGivenUpAndNobodyWaitsForIt() throws Exception {
    Router router = new Router();
    router.add("POST", "/it", request -> Reply.json(Map.of("size", request.body(1 << 20).length)));
    try (Server server =
        new Server(Config.of(0, Path.of("none")), router, Duration.ofMillis(500))) {
      List<Socket> slow = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket
            .getOutputStream()
            .write("POST /it HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf".getBytes());
        slow.add(socket);
      }
      assertThat(RawHttp.send(server.port(), "POST /it HTTP/1.1", "xyz")).contains("\"size\":3");
      for (Socket socket : slow) {
        socket.setSoTimeout(10_000);
        String answer = new String(socket.getInputStream().readAllBytes());
        assertThat(RawHttp.status(answer)).isIn(0, 400);
        socket.close();
      }
    }
  }

  /// With a heap of 192 MB: 40 bodies of 7 MB at once, of which each would be a tree of 100 MB.
  @Test
  void memoryStaysBoundedUnderLargeBodies() throws Exception {
    Path state = dir.resolve("small");
    String id;
    try (Coordinator small = Coordinator.start(Config.of(0, state))) {
      id =
          small.create(
              new BuildRequest("p", "repo", "HEAD", "main", "", Map.of()),
              Pipeline.parse("p", "steps: [{key: a, command: x}]"));
    }
    Process process = CrashTest.serve(state, 0, "-Xmx192m", "-XX:+ExitOnOutOfMemoryError");
    try {
      int port = CrashTest.address(state).getPort();
      HandClient far = HandClient.connected(CrashTest.address(state), state, "far", "[]");
      JsonNode mine = far.begin();
      String body = "{\"uuid\":\"u\",\"pipeline\":[" + "[],".repeat(2_400_000) + "[]]}";
      String head =
          "POST "
              + HandClient.path(mine)
              + "/pipelines HTTP/1.1\r\nAuthorization: Token "
              + HandClient.token(mine);
      List<Future<String>> answers = new ArrayList<>();
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int i = 0; i < 40; i++) {
          answers.add(threads.submit(() -> RawHttp.send(port, head, body)));
        }
      }
      for (Future<String> answer : answers) {
        assertThat(RawHttp.status(answer.get())).isIn(0, 400, 422, 503);
      }
      assertThat(process.isAlive()).isTrue();
      assertThat(far.finish(mine, "0").status()).isEqualTo(200);
    } finally {
      process.destroyForcibly().waitFor();
    }
    try (Coordinator small = Coordinator.start(Config.of(0, state))) {
      assertThat(small.build(id).state()).isEqualTo("passed");
    }
  }

  @Test
  void thousandsOfIdleConnectionsKeepNobodyOut() throws Exception {
    List<Socket> idle = new ArrayList<>();
    try (Coordinator coordinator = Coordinator.start(Config.of(0, dir.resolve("state")))) {
      HandClient client = HandClient.connected(coordinator, "one", "[]");
      for (int i = 0; i < 1000; i++) {
        Socket socket =
            new Socket(InetAddress.getLoopbackAddress(), coordinator.address().getPort());
        socket.getOutputStream().write("GET /v3/pi".getBytes());
        idle.add(socket);
      }
      long began = System.nanoTime();
      assertThat(client.call("GET", "/v3/ping", client.agent, "").status()).isEqualTo(200);
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
    } finally {
      for (Socket socket : idle) {
        socket.close();
      }
    }
  }
}
