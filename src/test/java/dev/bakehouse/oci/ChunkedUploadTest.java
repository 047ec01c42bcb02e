package dev.bakehouse.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Uploads in chunks against a server that keeps to the distribution specification's text where the
/// registries at hand do not: it tells what it has, and refuses what does not follow on (416).
class ChunkedUploadTest {
  private static final int SIZE = 1_000_000;

  @TempDir Path temp;
  private final byte[] blob = Remotes.noise(SIZE);
  private final List<String> seen = Collections.synchronizedList(new ArrayList<>());
  private final ByteArrayOutputStream has = new ByteArrayOutputStream();
  private HttpServer server;
  private FaultyRegistry proxy;
  private int places;
  private int leastChunk;
  private boolean whole;

  /// Takes only so many bytes of the first chunk.
  private Optional<Integer> takes = Optional.empty();

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v2/a/b/blobs/", this::serve);
    server.start();
    proxy = FaultyRegistry.before("127.0.0.1:" + server.getAddress().getPort());
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    server.stop(0);
  }

  @Test
  void chunksFollowEachOtherAtThePlacesTheRegistryNames() throws IOException {
    Remotes.put(repository(400_000), blob);
    assertThat(has.toByteArray()).isEqualTo(blob);
    assertThat(seen)
        .containsExactly(
            "POST",
            "PATCH 1 0-399999",
            "PATCH 2 400000-799999",
            "PATCH 3 800000-999999",
            "PUT 4 digest=" + Digest.of(blob));
  }

  @Test
  void aLeastChunkThatTheRegistryAsksForIsKept() throws IOException {
    leastChunk = 600_000;
    Remotes.put(repository(100_000), blob);
    assertThat(seen).contains("PATCH 1 0-599999", "PATCH 2 600000-999999");
  }

  @Test
  void whatTheRegistryHasOfABrokenChunkIsNotSentAgain() throws IOException {
    // The answer to the second chunk is lost, though the registry has it.
    proxy.on("PATCH", "", new Fault.Pass(), new Fault.Reset(-1));
    Remotes.put(repository(400_000), blob);
    assertThat(has.toByteArray()).isEqualTo(blob);
    assertThat(proxy.received()).isEqualTo(SIZE);
    assertThat(seen).contains("GET 2", "PATCH 3 800000-999999");
  }

  @Test
  void aChunkThatWasTakenInPartGoesOnThere() throws IOException {
    takes = Optional.of(150_000);
    Remotes.put(repository(400_000), blob);
    assertThat(has.toByteArray()).isEqualTo(blob);
    assertThat(seen).contains("PATCH 1 0-399999", "PATCH 2 150000-549999");
  }

  @Test
  void outOfStepItAsksAndGoesOn() throws IOException {
    proxy.on("PATCH", "", new Fault.Pass(), Fault.status(416));
    Remotes.put(repository(400_000), blob);
    assertThat(has.toByteArray()).isEqualTo(blob);
    assertThat(seen).contains("GET 2");
  }

  @Test
  void aRegistryThatNeverTakesThemIsAnErrorAndTheUploadIsCancelled() {
    proxy.always("PATCH", "", Fault.status(416));
    assertThatThrownBy(() -> Remotes.put(repository(400_000), blob))
        .isInstanceOf(RegistryError.class)
        .hasMessageContaining("does not take the bytes from 0 on");
    assertThat(seen).contains("DELETE 1");
    assertThat(has.size()).isZero();
  }

  private RemoteRepository repository(long chunk) {
    return Remotes.chunked(chunk, proxy.host(), "a/b", temp);
  }

  private synchronized void serve(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    String method = exchange.getRequestMethod();
    String[] path = exchange.getRequestURI().getPath().split("/");
    String place = path[path.length - 1];
    String range = exchange.getRequestHeaders().getFirst("Content-Range");
    String query = exchange.getRequestURI().getQuery();
    if (!method.equals("HEAD")) {
      String more = method.equals("POST") ? "" : " " + place;
      seen.add(
          method + more + (range == null ? "" : " " + range) + (query == null ? "" : " " + query));
    }
    switch (method) {
      case "HEAD" -> answer(exchange, whole ? 200 : 404);
      case "POST" -> {
        has.reset();
        if (leastChunk > 0) {
          exchange.getResponseHeaders().add("OCI-Chunk-Min-Length", "" + leastChunk);
        }
        next(exchange, 202);
      }
      case "PATCH" -> {
        if (!range.startsWith(has.size() + "-")) {
          next(exchange, 416);
          return;
        }
        has.write(body, 0, takes.map(n -> Math.min(n, body.length)).orElse(body.length));
        takes = Optional.empty();
        next(exchange, 202);
      }
      case "GET" -> {
        places--;
        next(exchange, 204);
      }
      case "PUT" -> {
        has.writeBytes(body);
        whole = query.equals("digest=" + Digest.of(has.toByteArray()));
        answer(exchange, whole ? 201 : 400);
      }
      default -> answer(exchange, 204);
    }
  }

  private void next(HttpExchange exchange, int status) throws IOException {
    var headers = exchange.getResponseHeaders();
    headers.add("Location", "/v2/a/b/blobs/uploads/" + ++places);
    headers.add("Range", "0-" + Math.max(0, has.size() - 1));
    answer(exchange, status);
  }

  private static void answer(HttpExchange exchange, int status) throws IOException {
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }
}
