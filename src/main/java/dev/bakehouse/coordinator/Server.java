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
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// The JDK's HTTP server on the loopback address, a virtual thread a request.
final class Server implements AutoCloseable {
  private static final int PIECE = 1 << 14;
  private static final int DRAINED = 64 << 20;
  private static final long UNKNOWN = -1;
  private static final Duration STALLED = Duration.ofMinutes(1);
  private static final Logger LOG = System.getLogger(Server.class.getName());

  static {
    // Headers and body leave in separate writes; without this each answer waits 40 ms.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    System.setProperty("sun.net.httpserver.maxIdleConnections", "10000");
    System.setProperty("jdk.httpserver.maxConnections", "20000");
    // Seconds: longer than the largest artifact takes. Bodies that stand still have [BodyWatch].
    System.setProperty("sun.net.httpserver.maxReqTime", "7200");
  }

  private final HttpServer http;
  private final Path state;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private final BodyBudget budget = new BodyBudget();
  private final BodyWatch watch;

  Server(Config config, Router router) {
    this(config, router, STALLED);
  }

  /// @param stalled a body of which nothing comes for so long is given up
  Server(Config config, Router router, Duration stalled) {
    int port = config.port();
    state = config.state();
    watch = new BodyWatch(stalled);
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

  private void serve(HttpExchange exchange, Router router) throws IOException {
    try (exchange;
        BodyWatch.Guarded body = watch.guard(exchange.getRequestBody())) {
      Reply reply;
      // Whoever sends the rest slowly, or reads the answer so, keeps nobody else out.
      try (BodyBudget.Lease lease = budget.lease()) {
        reply = answer(exchange, router, body, lease);
      }
      drain(exchange, body);
      reply.headers().forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
      switch (reply) {
        case Reply.Body whole -> {
          byte[] bytes = whole.bytes();
          send(exchange, whole.status(), whole.type(), bytes.length, out -> pieces(bytes, out));
        }
        case Reply.Download file ->
            send(
                exchange,
                200,
                file.type(),
                Files.size(file.file()),
                out -> Files.copy(file.file(), out));
        case Reply.Stream stream ->
            send(
                exchange,
                200,
                stream.type(),
                stream.size() == 0 ? UNKNOWN : stream.size(),
                stream.source());
      }
    }
  }

  private static void send(
      HttpExchange exchange, int status, String type, long size, Reply.Source source)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    if (size == 0 || exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, size == UNKNOWN ? 0 : size);
    try (OutputStream out = exchange.getResponseBody()) {
      source.to(out);
    }
  }

  /// The JDK's server keeps a buffer for each connection as large as what was ever written at once.
  static void pieces(byte[] bytes, OutputStream out) throws IOException {
    for (int at = 0; at < bytes.length; at += PIECE) {
      out.write(bytes, at, Math.min(PIECE, bytes.length - at));
    }
  }

  /// Reads what an answer did not need of the request: a caller that still sends reads no answer,
  /// and a connection with bytes unread can not be used again, which the caller must be told.
  private static void drain(HttpExchange exchange, InputStream rest) {
    boolean ended = false;
    try {
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

  private Reply answer(
      HttpExchange exchange, Router router, InputStream body, BodyBudget.Lease lease) {
    String method = exchange.getRequestMethod();
    String path = exchange.getRequestURI().getRawPath();
    try {
      Optional<Router.Match> match = path == null ? Optional.empty() : router.find(method, path);
      if (match.isEmpty()) {
        return Reply.error(404, "There is no " + method + " " + exchange.getRequestURI());
      }
      return match
          .get()
          .handler()
          .handle(Request.of(exchange, match.get().variables(), body, lease));
    } catch (HttpError e) {
      return Reply.error(e.status(), String.valueOf(e.getMessage()));
    } catch (UserError e) {
      return Reply.error(422, e.getMessage() + ". " + e.remedy());
    } catch (BodyWatch.BodyLost e) {
      return Reply.error(400, String.valueOf(e.getMessage()));
    } catch (IOException | RuntimeException | StackOverflowError | OutOfMemoryError e) {
      if (FullDisk.caused(e)) {
        LOG.log(Level.ERROR, FullDisk.WORDS);
        return Reply.error(503, FullDisk.WORDS + " in " + state);
      }
      LOG.log(Level.ERROR, "Answering " + method + " " + path + " failed", e);
      return Reply.error(500, "The coordinator failed; its own log says why");
    }
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
    watch.close();
  }
}
