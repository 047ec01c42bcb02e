package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Digests;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What comes over the wire, byte for byte.
class WebServerTest {
  private static final int PATIENCE_MILLIS = 20_000;

  private Optional<WebAnswers> answers = Optional.of(answers("<p>page</p>"));
  private WebServer server;

  @BeforeEach
  void start() throws IOException {
    server =
        new WebServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Set.of("Oven-A", "oven-a.example.org"),
            () -> answers);
  }

  @AfterEach
  void end() {
    server.close();
  }

  @Test
  void itsThreePathsAnswer() throws IOException {
    assertThat(ask("GET / HTTP/1.1"))
        .startsWith("HTTP/1.1 200 ")
        .contains("content-type: text/html; charset=utf-8\r\n")
        .endsWith("\r\n\r\n<p>page</p>");
    assertThat(ask("GET /?now HTTP/1.1")).startsWith("HTTP/1.1 200 ").endsWith("<p>page</p>");
    assertThat(ask("GET /metrics HTTP/1.1"))
        .contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n")
        .endsWith("\r\n\r\nmetrics");
    assertThat(ask("GET /status.json HTTP/1.1"))
        .contains("content-type: application/json\r\n")
        .endsWith("\r\n\r\n{}");
    assertThat(ask("HEAD / HTTP/1.1"))
        .startsWith("HTTP/1.1 200 ")
        .contains("content-length: 11\r\n")
        .endsWith("\r\n\r\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/x", "/metrics/", "/status.json.new", "/../host.lock", "/%2e%2e/"})
  void whatIsNotThereIsNotFound(String path) throws IOException {
    assertThat(ask("GET " + path + " HTTP/1.1")).startsWith("HTTP/1.1 404 ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "get"})
  void nothingIsDoneThere(String method) throws IOException {
    assertThat(ask(method + " / HTTP/1.1"))
        .startsWith("HTTP/1.1 405 ")
        .contains("allow: GET, HEAD\r\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.0.0.1:9410",
        "localhost:1",
        "LOCALHOST",
        "oven-a",
        "OVEN-A.example.org:80"
      })
  void itGoesByItsOwnNames(String name) throws IOException {
    assertThat(ask("GET / HTTP/1.1", "Host: " + name)).startsWith("HTTP/1.1 200 ");
  }

  /// A page of somebody else's may have its own name stand for this address.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example.org",
        "evil.example.org:9410",
        "localhost.evil.org",
        "127.0.0.1.evil.org",
        "10.0.0.1",
        "[::1]",
        ""
      })
  void itGoesByNoOther(String name) throws IOException {
    assertThat(ask("GET / HTTP/1.1", "Host: " + name))
        .startsWith("HTTP/1.1 421 ")
        .doesNotContain("page</p>");
  }

  @Test
  void aRequestForNobodyOrForTwoIsForNoOther() throws IOException {
    assertThat(ask("GET / HTTP/1.1", "X: y")).startsWith("HTTP/1.1 421 ");
    assertThat(ask("GET / HTTP/1.1", "Host: localhost", "Host: evil.example.org"))
        .startsWith("HTTP/1.1 421 ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET / HTTP/1.1", "GET /x HTTP/1.1", "POST / HTTP/1.1"})
  void browsersAreToldToLoadNothing(String request) throws IOException {
    MessageDigest sha = Digests.sha256();
    sha.update(WebPage.STYLE.getBytes(StandardCharsets.UTF_8));
    String style = Base64.getEncoder().encodeToString(sha.digest());
    assertThat(ask(request))
        .contains("content-security-policy: default-src 'none'; style-src 'sha256-" + style + "';")
        .contains("x-content-type-options: nosniff\r\n")
        .contains("referrer-policy: no-referrer\r\n")
        .contains("cache-control: no-store\r\n");
  }

  @Test
  void oldNewsIsNoAnswer() throws IOException {
    answers = Optional.empty();
    assertThat(ask("GET /metrics HTTP/1.1")).startsWith("HTTP/1.1 503 ");
    assertThat(new WebAnswers(Instant.now().minusSeconds(61), none(), none(), none()).good())
        .isFalse();
    assertThat(answers("").good()).isTrue();
    Instant now = Instant.now();
    assertThat(WebAnswers.of(now, now.minusSeconds(200))).isEqualTo(now);
    assertThat(WebAnswers.of(now, now.minusSeconds(301))).isBefore(now.minusSeconds(60));
  }

  /// Each of them asks for megabytes and reads none, or never ends its request.
  @Test
  void whoDoesNotReadHoldsNobodyUp() throws IOException {
    answers = Optional.of(answers("x".repeat(8 << 20)));
    List<Socket> all = new ArrayList<>();
    try {
      for (int n = 0; n < 40; n++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        all.add(socket);
        String end = n % 2 == 0 ? "\r\n\r\n" : "\r\nX: ";
        socket
            .getOutputStream()
            .write(("GET / HTTP/1.1\r\nHost: localhost" + end).getBytes(StandardCharsets.UTF_8));
      }
      assertThat(ask("GET /metrics HTTP/1.1")).endsWith("\r\n\r\nmetrics");
    } finally {
      for (Socket socket : all) {
        socket.close();
      }
    }
  }

  private static WebAnswers answers(String page) {
    return new WebAnswers(
        Instant.now(),
        page.getBytes(StandardCharsets.UTF_8),
        "metrics".getBytes(StandardCharsets.UTF_8),
        "{}".getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] none() {
    return new byte[0];
  }

  private String ask(String request) throws IOException {
    return ask(request, "Host: localhost");
  }

  /// @return the answer, the names of its headers in lower case
  private String ask(String request, String... headers) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      String text =
          request + "\r\n" + String.join("\r\n", headers) + "\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      InputStream in = socket.getInputStream();
      String[] parts = new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\r\n\r\n", 2);
      StringBuilder answer = new StringBuilder();
      for (String line : parts[0].split("\r\n")) {
        String[] header = line.split(": ", 2);
        answer.append(header.length == 1 ? line : header[0].toLowerCase(Locale.ROOT));
        answer.append(header.length == 1 ? "" : ": " + header[1]).append("\r\n");
      }
      return answer + "\r\n" + (parts.length == 2 ? parts[1] : "");
    }
  }
}
