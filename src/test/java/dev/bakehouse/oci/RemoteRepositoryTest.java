package dev.bakehouse.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a healthy registry does not do: tokens, redirects, failures in passing, broken bodies.
class RemoteRepositoryTest {
  private static final Digest DIGEST = new Digest("a".repeat(64));

  @TempDir Path temp;
  private HttpServer server;
  private final Queue<String> seen = new ConcurrentLinkedQueue<>();

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void asksTheNamedServiceForATokenWithItsOwnCredentials() throws IOException {
    on(
        "/token",
        exchange -> {
          seen.add(exchange.getRequestURI().getQuery());
          seen.add(exchange.getRequestHeaders().getFirst("Authorization"));
          answer(exchange, 200, "{\"token\":\"T1\"}");
        });
    on(
        "/v2/o/r/manifests/v1",
        exchange -> {
          String header = exchange.getRequestHeaders().getFirst("Authorization");
          if ("Bearer T1".equals(header)) {
            exchange.getResponseHeaders().add("Docker-Content-Digest", DIGEST.toString());
            answer(exchange, 200, "");
          } else {
            exchange
                .getResponseHeaders()
                .add(
                    "WWW-Authenticate",
                    "Bearer realm=\"http://"
                        + host()
                        + "/token\",service=\"s\",scope=\"repository:o/r:pull\"");
            answer(exchange, 401, "");
          }
        });
    Path token = Files.writeString(temp.resolve("token"), "tok\n");
    Path user = Files.writeString(temp.resolve("user"), "bot\n");
    Credentials files =
        new Credentials(Map.of(), temp.resolve("none"), token, user, List.of(host()));
    assertThat(remote(files).head("v1")).contains(DIGEST);
    assertThat(seen)
        .containsExactly(
            "service=s&scope=repository:o/r:pull",
            "Basic "
                + Base64.getEncoder().encodeToString("bot:tok".getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void aTokenFileIsShownToItsOwnHostOnlyAndDockersFileIsRead() throws IOException {
    Path token = Files.writeString(temp.resolve("token"), "tok");
    Path docker =
        Files.writeString(
            temp.resolve("config.json"),
            "{\"auths\":{\"r.example\":{\"auth\":\""
                + Base64.getEncoder().encodeToString("me:pw".getBytes(StandardCharsets.UTF_8))
                + "\"}}}");
    Credentials credentials =
        new Credentials(Map.of(), docker, token, temp.resolve("none"), List.of("ghcr.io"));
    assertThat(credentials.find("ghcr.io")).contains(new Credentials.Login("token", "tok"));
    assertThat(credentials.find("r.example")).contains(new Credentials.Login("me", "pw"));
    assertThat(credentials.find("evil.example")).isEmpty();
    assertThat(credentials.find("r.example").toString()).doesNotContain("pw");
    Map<String, String> environment =
        Map.of(
            "TART_REGISTRY_USERNAME",
            "e",
            "TART_REGISTRY_PASSWORD",
            "f",
            "TART_REGISTRY_HOSTNAME",
            "r.example");
    Credentials first =
        new Credentials(environment, docker, token, temp.resolve("none"), List.of("ghcr.io"));
    assertThat(first.find("r.example")).contains(new Credentials.Login("e", "f"));
    assertThat(first.find("ghcr.io")).contains(new Credentials.Login("token", "tok"));
  }

  @Test
  void goesOnWhereABodyBrokeAndAfterFailuresInPassing() throws IOException {
    byte[] blob = AppleLz4Test.mixed(3_000_000, 9);
    AtomicInteger requests = new AtomicInteger();
    on(
        "/v2/o/r/blobs/",
        exchange -> {
          String range = exchange.getRequestHeaders().getFirst("Range");
          int from =
              range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-.*", "$1"));
          switch (requests.getAndIncrement()) {
            case 0 -> answer(exchange, 503, "");
            case 1 -> {
              exchange.getResponseHeaders().add("Retry-After", "0");
              answer(exchange, 429, "");
            }
            case 2, 3 -> {
              exchange.sendResponseHeaders(from == 0 ? 200 : 206, blob.length - from);
              exchange.getResponseBody().write(blob, from, 1_000_000);
              exchange.getResponseBody().flush();
              exchange.close();
            }
            default -> {
              exchange.sendResponseHeaders(206, blob.length - from);
              exchange.getResponseBody().write(blob, from, blob.length - from);
              exchange.close();
            }
          }
        });
    try (var in = remote(none()).blob(DIGEST, 0)) {
      assertThat(Arrays.equals(in.readAllBytes(), blob)).isTrue();
    }
    assertThat(requests).hasValueGreaterThanOrEqualTo(5);
  }

  @Test
  void credentialsDoNotFollowARedirectToAnotherHost() throws IOException {
    HttpServer storage =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    storage.createContext(
        "/",
        exchange -> {
          seen.add("auth " + exchange.getRequestHeaders().getFirst("Authorization"));
          answer(exchange, 200, "blob");
        });
    storage.start();
    on(
        "/v2/o/r/blobs/",
        exchange -> {
          if (exchange.getRequestHeaders().getFirst("Authorization") == null) {
            exchange.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"x\"");
            answer(exchange, 401, "");
          } else {
            exchange
                .getResponseHeaders()
                .add("Location", "http://127.0.0.1:" + storage.getAddress().getPort() + "/x");
            answer(exchange, 307, "");
          }
        });
    Path absent = temp.resolve("none");
    Credentials login =
        new Credentials(
            Map.of("TART_REGISTRY_USERNAME", "u", "TART_REGISTRY_PASSWORD", "p"),
            absent,
            absent,
            absent,
            List.of());
    try (var in = remote(login).blob(DIGEST, 0)) {
      assertThat(in.readAllBytes()).asString(StandardCharsets.UTF_8).isEqualTo("blob");
    } finally {
      storage.stop(0);
    }
    assertThat(seen).containsExactly("auth null");
  }

  @Test
  void aManifestThatIsNotWhatWasAskedForIsCorrupt() {
    on("/v2/o/r/manifests/", exchange -> answer(exchange, 200, "{\"config\":{},\"layers\":[]}"));
    assertThatThrownBy(() -> remote(none()).manifest(DIGEST.toString()))
        .isInstanceOf(CorruptData.class);
  }

  @Test
  void aRegistryThatStaysBrokenIsNotTakenForAnAbsentTag() {
    on("/v2/o/r/manifests/", exchange -> answer(exchange, 500, ""));
    assertThatThrownBy(() -> remote(none()).head("v1"))
        .isInstanceOf(RegistryError.class)
        .isNotInstanceOf(RegistryError.Absent.class)
        .hasMessageContaining("status 500");
  }

  private void on(String path, HttpHandler handler) {
    server.createContext(path, handler);
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private String host() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  private Credentials none() {
    Path absent = temp.resolve("none");
    return new Credentials(Map.of(), absent, absent, absent, List.of());
  }

  private RemoteRepository remote(Credentials credentials) {
    return new RemoteRepository(new Reference.Remote(host(), "o/r", "v1"), credentials, true, temp);
  }
}
