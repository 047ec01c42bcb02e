package dev.bakehouse.host;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.bakehouse.platform.Digests;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Hands out finished answers by HTTP: reads nothing, decides nothing, changes nothing. Who reads
/// slowly has a virtual thread and waits alone.
final class WebServer implements AutoCloseable {
  private static final String PLAIN = "text/plain; charset=utf-8";

  private final HttpServer http;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final InetAddress address;
  private final Set<String> names;
  private final Supplier<Optional<WebAnswers>> answers;
  private final String policy;

  /// @param names what the host may be asked for by, beside `localhost` and its address
  /// @param answers empty when there are none that are new enough
  /// @throws IOException when it can not listen there
  WebServer(InetSocketAddress listen, Set<String> names, Supplier<Optional<WebAnswers>> answers)
      throws IOException {
    this.address = listen.getAddress();
    this.names =
        Stream.concat(names.stream(), Stream.of("localhost"))
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(Collectors.toUnmodifiableSet());
    this.answers = answers;
    // A browser may load nothing but the page, and apply its one style.
    this.policy =
        "default-src 'none'; style-src 'sha256-"
            + digest(WebPage.STYLE)
            + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    this.http = HttpServer.create(listen, 0);
    http.setExecutor(threads);
    http.createContext("/", this::serve);
    http.start();
  }

  /// Bounds what connections may take up in a process that has no other server of this kind. Only
  /// before the first one is made.
  static void limitProcess() {
    System.setProperty("jdk.httpserver.maxConnections", "100");
    System.setProperty("sun.net.httpserver.maxIdleConnections", "50");
    // Seconds for a request to come and for an answer to be taken.
    System.setProperty("sun.net.httpserver.maxReqTime", "10");
    System.setProperty("sun.net.httpserver.maxRspTime", "30");
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  int port() {
    return http.getAddress().getPort();
  }

  private record Answer(int status, String type, byte[] body) {
    static Answer error(int status, String words) {
      return new Answer(status, PLAIN, (words + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      String method = exchange.getRequestMethod();
      boolean reads = method.equals("GET") || method.equals("HEAD");
      Answer answer = answer(exchange, reads);
      Headers headers = exchange.getResponseHeaders();
      headers.set("Content-Type", answer.type());
      headers.set("Content-Security-Policy", policy);
      headers.set("X-Content-Type-Options", "nosniff");
      headers.set("Referrer-Policy", "no-referrer");
      headers.set("Cross-Origin-Resource-Policy", "same-origin");
      headers.set("Cache-Control", "no-store");
      if (!reads) {
        headers.set("Allow", "GET, HEAD");
        // Whatever it sends is not read.
        headers.set("Connection", "close");
      }
      if (method.equals("HEAD")) {
        headers.set("Content-Length", String.valueOf(answer.body().length));
        exchange.sendResponseHeaders(answer.status(), -1);
        return;
      }
      exchange.sendResponseHeaders(answer.status(), answer.body().length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(answer.body());
      }
    }
  }

  private Answer answer(HttpExchange exchange, boolean reads) {
    if (!meant(exchange.getRequestHeaders().getOrDefault("Host", List.of()))) {
      return Answer.error(
          421,
          "This host does not go by the name it was asked for; `host.web-names` of its configuration adds names.");
    }
    String path = String.valueOf(exchange.getRequestURI().getRawPath());
    boolean known = path.equals("/") || path.equals("/metrics") || path.equals("/status.json");
    if (!known) {
      return Answer.error(404, "There is /, /metrics and /status.json.");
    }
    if (!reads) {
      return Answer.error(405, "This page is for reading.");
    }
    Optional<WebAnswers> now = answers.get();
    if (now.isEmpty()) {
      return Answer.error(
          503, "The daemon has not told how the host stands for a while; its log may say why.");
    }
    return switch (path) {
      case "/metrics" ->
          new Answer(200, "text/plain; version=0.0.4; charset=utf-8", now.get().metrics());
      case "/status.json" -> new Answer(200, "application/json", now.get().json());
      default -> new Answer(200, "text/html; charset=utf-8", now.get().page());
    };
  }

  /// Whether a request is for this host, and not for a name that some page's author made to stand
  /// for its address. Ports differ behind a tunnel.
  private boolean meant(List<String> hosts) {
    if (hosts.size() != 1) {
      return false;
    }
    String host = hosts.getFirst().strip().toLowerCase(Locale.ROOT).replaceFirst(":[0-9]*$", "");
    if (names.contains(host)) {
      return true;
    }
    try {
      String literal = host.matches("\\[.*]") ? host.substring(1, host.length() - 1) : host;
      return InetAddress.ofLiteral(literal).equals(address);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String digest(String text) {
    MessageDigest sha = Digests.sha256();
    sha.update(text.getBytes(StandardCharsets.UTF_8));
    return Base64.getEncoder().encodeToString(sha.digest());
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }
}
