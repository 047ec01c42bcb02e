package dev.bakehouse.github;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Notes the statuses that it is given, on loopback.
public final class GithubServer implements AutoCloseable {
  public final List<Request> requests = new CopyOnWriteArrayList<>();
  private final HttpServer server;
  private volatile int once;
  private volatile int status = 201;
  private volatile Map<String, String> headers = Map.of();
  private volatile String answer = "{}";

  /// @param authorization the header
  public record Request(String path, String authorization, JsonNode body) {}

  public GithubServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::serve);
    server.start();
  }

  public URI api() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  void answer(int status, Map<String, String> headers, String body) {
    this.status = status;
    this.headers = headers;
    this.answer = body;
  }

  /// What the next request gets.
  void once(int status) {
    once = status;
  }

  private void serve(HttpExchange exchange) throws IOException {
    requests.add(
        new Request(
            exchange.getRequestURI().getPath(),
            exchange.getRequestHeaders().getFirst("Authorization"),
            JsonMapper.shared().readTree(exchange.getRequestBody().readAllBytes())));
    headers.forEach(exchange.getResponseHeaders()::set);
    byte[] body = answer.getBytes(StandardCharsets.UTF_8);
    int given = once == 0 ? status : once;
    once = 0;
    exchange.sendResponseHeaders(given, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
