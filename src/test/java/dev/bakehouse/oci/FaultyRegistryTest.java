package dev.bakehouse.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Poll;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The proxy does what scripts say, and nothing else.
@Tag("registry")
class FaultyRegistryTest {
  @TempDir Path temp;
  private DockerRegistry registry;
  private FaultyRegistry proxy;
  private final HttpClient http = HttpClient.newHttpClient();
  private final byte[] blob = AppleLz4Test.mixed(300_000, 5);
  private final String path = "/v2/a/blobs/" + Digest.of(blob);

  @BeforeEach
  void start() throws Exception {
    registry = DockerRegistry.start(temp.resolve("registry"), false);
    proxy = FaultyRegistry.before(registry.host());
    HttpResponse<byte[]> begun =
        send("/v2/a/blobs/uploads/", "POST", HttpRequest.BodyPublishers.noBody());
    String place = begun.headers().firstValue("location").orElseThrow();
    assertThat(place).startsWith("http://" + proxy.host());
    HttpRequest put =
        HttpRequest.newBuilder(URI.create(place + "&digest=" + Digest.of(blob)))
            .PUT(HttpRequest.BodyPublishers.ofByteArray(blob))
            .build();
    assertThat(http.send(put, HttpResponse.BodyHandlers.discarding()).statusCode()).isEqualTo(201);
    assertThat(proxy.received()).isEqualTo(blob.length);
    proxy.reset();
  }

  @AfterEach
  void stop() throws IOException {
    http.close();
    proxy.close();
    registry.close();
  }

  @Test
  void letsPassWhatNoRuleNames() throws Exception {
    assertThat(get().body()).isEqualTo(blob);
    assertThat(proxy.sent()).isEqualTo(blob.length);
    assertThat(proxy.requests()).extracting(FaultyRegistry.Request::path).containsExactly(path);
  }

  @Test
  void answersItselfOnceForEachFaultOfARule() throws Exception {
    proxy.on(
        "GET",
        "/blobs/",
        Fault.status(500),
        new Fault.Status(429, Map.of("Retry-After", "7"), "x"));
    assertThat(get().statusCode()).isEqualTo(500);
    HttpResponse<byte[]> second = get();
    assertThat(second.statusCode()).isEqualTo(429);
    assertThat(second.headers().firstValue("retry-after")).contains("7");
    assertThat(get().body()).isEqualTo(blob);
    assertThat(proxy.count("GET", "/blobs/")).isEqualTo(3);
  }

  @Test
  void resetsTruncatesShortensCorrupts() throws Exception {
    proxy.on(
        "GET",
        "/blobs/",
        new Fault.Reset(1000),
        new Fault.Truncate(1000),
        new Fault.Shorten(1000),
        new Fault.Corrupt(1000));
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(this::get).isInstanceOf(IOException.class);
    }
    assertThat(get().body()).hasSize(1000);
    byte[] bad = get().body();
    assertThat(bad).hasSize(blob.length).isNotEqualTo(blob);
    bad[1000] ^= (byte) 0xff;
    assertThat(bad).isEqualTo(blob);
  }

  @Test
  void resetsBeforeAnAnswerWhenTheRegistryHasDoneItsPart() {
    proxy.always("POST", "/uploads/", new Fault.Reset(-1));
    assertThatThrownBy(
            () -> send("/v2/a/blobs/uploads/", "POST", HttpRequest.BodyPublishers.noBody()))
        .isInstanceOf(IOException.class);
    assertThat(temp.resolve("registry/data/docker/registry/v2/repositories/a/_uploads"))
        .isDirectoryContaining("glob:**");
  }

  @Test
  void stallsUntilTheClientGoes() {
    proxy.on("GET", "/blobs/", new Fault.Stall(1000));
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + proxy.host() + path)).build();
    var answer = http.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray());
    Poll.until(
        "the stall",
        Duration.ofSeconds(20),
        () -> Optional.of(true).filter(x -> proxy.stalled() == 1));
    assertThat(answer).isNotDone();
    answer.cancel(true);
  }

  @Test
  void ignoresARangeAndCutsARequest() throws Exception {
    proxy.on("GET", "/blobs/", new Fault.Whole());
    HttpRequest ranged =
        HttpRequest.newBuilder(URI.create("http://" + proxy.host() + path))
            .header("Range", "bytes=10-19")
            .build();
    assertThat(http.send(ranged, HttpResponse.BodyHandlers.ofByteArray()).statusCode())
        .isEqualTo(200);
    assertThat(http.send(ranged, HttpResponse.BodyHandlers.ofByteArray()).body()).hasSize(10);
    proxy.reset();
    proxy.on("PUT", "/manifests/", new Fault.ResetRequest(500));
    assertThatThrownBy(
            () -> send("/v2/a/manifests/x", "PUT", HttpRequest.BodyPublishers.ofByteArray(blob)))
        .isInstanceOf(IOException.class);
    assertThat(proxy.received()).isEqualTo(500);
  }

  private HttpResponse<byte[]> get() throws IOException, InterruptedException {
    return send(path, "GET", HttpRequest.BodyPublishers.noBody());
  }

  private HttpResponse<byte[]> send(String path, String method, HttpRequest.BodyPublisher body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + proxy.host() + path))
            .method(method, body)
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofByteArray());
  }
}
