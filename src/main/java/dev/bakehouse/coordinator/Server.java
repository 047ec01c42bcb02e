package dev.bakehouse.coordinator;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// The JDK's HTTP server on the loopback address, a virtual thread a request.
final class Server implements AutoCloseable {
  private static final int DRAINED = 64 << 20;
  private static final Logger LOG = System.getLogger(Server.class.getName());

  static {
    // Headers and body leave in separate writes; without this each answer waits 40 ms.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    System.setProperty("sun.net.httpserver.maxIdleConnections", "10000");
  }

  private final HttpServer http;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  Server(int port, Router router) {
    try {
      http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1024);
    } catch (IOException e) {
      throw new UserError(
          "Could not listen on 127.0.0.1:" + port + ": " + e.getMessage(),
          "Choose another port with --port; 0 takes any free one.",
          e);
    }
    http.setExecutor(threads);
    http.createContext("/", exchange -> serve(exchange, router));
    http.start();
  }

  int port() {
    return http.getAddress().getPort();
  }

  private static void serve(HttpExchange exchange, Router router) throws IOException {
    try (exchange) {
      Reply reply = answer(exchange, router);
      drain(exchange);
      reply.headers().forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
      switch (reply) {
        case Reply.Body body -> {
          exchange.getResponseHeaders().set("Content-Type", body.type());
          boolean none = body.bytes().length == 0 || exchange.getRequestMethod().equals("HEAD");
          exchange.sendResponseHeaders(body.status(), none ? -1 : body.bytes().length);
          if (!none) {
            exchange.getResponseBody().write(body.bytes());
          }
        }
        case Reply.Download download -> {
          exchange.getResponseHeaders().set("Content-Type", download.type());
          long size = Files.size(download.file());
          exchange.sendResponseHeaders(200, size == 0 ? -1 : size);
          if (size > 0) {
            try (OutputStream out = exchange.getResponseBody()) {
              Files.copy(download.file(), out);
            }
          }
        }
      }
    }
  }

  /// Reads what an answer did not need of the request: a caller that still sends reads no answer,
  /// and a connection with bytes unread can not be used again, which the caller must be told.
  private static void drain(HttpExchange exchange) {
    boolean ended = false;
    try {
      InputStream rest = exchange.getRequestBody();
      byte[] buffer = new byte[1 << 16];
      for (int left = DRAINED; left > 0 && !ended; ) {
        int count = rest.read(buffer);
        ended = count < 0;
        left -= count;
      }
    } catch (IOException e) {
      // Then it has not ended.
    }
    if (!ended) {
      exchange.getResponseHeaders().set("Connection", "close");
    }
  }

  private static Reply answer(HttpExchange exchange, Router router) {
    String method = exchange.getRequestMethod();
    String path = exchange.getRequestURI().getRawPath();
    try {
      Optional<Router.Match> match = router.find(method, path);
      if (match.isEmpty()) {
        return Reply.error(404, "There is no " + method + " " + path);
      }
      return match.get().handler().handle(Request.of(exchange, match.get().variables()));
    } catch (HttpError e) {
      return Reply.error(e.status(), String.valueOf(e.getMessage()));
    } catch (UserError e) {
      return Reply.error(422, e.getMessage() + ". " + e.remedy());
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.ERROR, "Answering " + method + " " + path + " failed", e);
      return Reply.error(500, "The coordinator failed; its own log says why");
    }
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }
}
