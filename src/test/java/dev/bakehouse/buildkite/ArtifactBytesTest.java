package dev.bakehouse.buildkite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.bakehouse.buildkite.AgentApi.Found;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Jobs say how large their artifacts are and where they lie.
class ArtifactBytesTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  @TempDir Path dir;
  private HttpServer server;
  private HttpServer other;
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final CountDownLatch end = new CountDownLatch(1);

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    other = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/bytes", exchange -> send(exchange, 200, "abc"));
    server.createContext("/moved", exchange -> redirect(exchange, at(other, "/secret")));
    server.createContext("/slow", this::slow);
    other.createContext("/", exchange -> send(exchange, 200, "abc"));
    server.start();
    other.start();
  }

  @AfterEach
  void stop() {
    end.countDown();
    server.stop(0);
    other.stop(0);
  }

  private void send(HttpExchange exchange, int status, String body) throws IOException {
    asked.add(exchange.getRequestURI().toString());
    exchange.sendResponseHeaders(status, 0);
    exchange.getResponseBody().write(body.getBytes(StandardCharsets.UTF_8));
    exchange.close();
  }

  private void redirect(HttpExchange exchange, String to) throws IOException {
    exchange.getResponseHeaders().set("Location", to);
    send(exchange, 302, "");
  }

  /// A byte, and then nothing.
  private void slow(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 3);
    exchange.getResponseBody().write('a');
    exchange.getResponseBody().flush();
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    exchange.close();
  }

  private static String at(HttpServer server, String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  private void download(String url, String destination, long size, Duration limit) {
    AgentApi.of(Map.of("BUILDKITE_AGENT_ENDPOINT", at(server, "/v3")))
        .download(
            new Found("i", "j", "p", "", size, "", url, destination), dir.resolve("got"), limit);
  }

  @Test
  void whatTheServerKeepsIsFetched() {
    download(at(server, "/bytes"), "", 3, LONG);
    assertThat(dir.resolve("got")).hasContent("abc");
  }

  @Test
  void noOtherAddressIsAsked() {
    for (String url : List.of(at(other, "/secret"), "file:///etc/passwd", "not a URL")) {
      assertThatThrownBy(() -> download(url, "", 3, LONG)).isInstanceOf(UserError.class);
    }
    assertThatThrownBy(() -> download(at(server, "/bytes"), "s3://bucket", 3, LONG))
        .hasMessageContaining("where a job said");
    assertThatThrownBy(() -> download(at(server, "/moved"), "", 3, LONG))
        .hasMessageContaining("leads to another server without TLS");
    assertThat(asked).containsExactly("/moved");
    assertThat(dir.resolve("got")).doesNotExist();
  }

  @Test
  void noMoreComesThanWasAnnounced() {
    assertThatThrownBy(() -> download(at(server, "/bytes"), "", 2, LONG))
        .hasMessageContaining("more bytes than the 2");
    assertThat(dir.resolve("got")).isEmptyFile();
    assertThatThrownBy(() -> download(at(server, "/bytes"), "", Long.MAX_VALUE, LONG))
        .hasMessageContaining("half of the free disk");
    assertThatThrownBy(() -> download(at(server, "/bytes"), "", 4, LONG))
        .hasMessageContaining("ended after 3 of 4 bytes");
  }

  @Test
  @Timeout(60)
  void andNotForEver() {
    assertThatThrownBy(() -> download(at(server, "/slow"), "", 3, Duration.ofMillis(300)))
        .hasMessageContaining("it took more than");
  }
}
