package dev.bakehouse.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A registry that drops, stalls, truncates, refuses and lies: what can be resumed is, the rest is
/// a clear error.
@Tag("registry")
class HostileRegistryTest {
  private static final int SIZE = 2_000_000;

  @TempDir Path temp;
  private final byte[] blob = Remotes.noise(SIZE);
  private final Digest digest = Digest.of(blob);
  private DockerRegistry registry;
  private FaultyRegistry proxy;
  private RemoteRepository repository;

  @BeforeEach
  void start() throws IOException {
    registry = DockerRegistry.start(temp.resolve("registry"), false);
    proxy = FaultyRegistry.before(registry.host());
    repository = Remotes.anonymous(proxy.host(), "a/b", temp);
    Remotes.put(repository, blob);
    Manifest manifest =
        Manifest.of(new Descriptor("x/y", digest, SIZE, Map.of()), List.of(), Map.of());
    repository.putManifest(manifest, "v1");
    proxy.reset();
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    registry.close();
  }

  @Test
  void readingGoesOnAfterResetsTruncationsAndStalls() throws IOException {
    proxy.on(
        "GET",
        "/blobs/",
        Fault.status(503),
        new Fault.Reset(400_000),
        new Fault.Truncate(400_000),
        new Fault.Stall(400_000),
        new Fault.Status(429, Map.of("Retry-After", "0"), ""),
        new Fault.Reset(400_000));
    assertThat(all(0, -1)).isEqualTo(blob);
    // What a reset throws away of the bytes under way is asked for again, no more.
    assertThat(proxy.sent()).isLessThan(SIZE + 1_600_000);
    assertThat(proxy.stalled()).isEqualTo(1);
  }

  @Test
  void aPartIsResumedWithinItsBounds() throws IOException {
    proxy.on("GET", "/blobs/", new Fault.Truncate(100_000), new Fault.Stall(100_000));
    assertThat(all(500_000, 600_000)).isEqualTo(Arrays.copyOfRange(blob, 500_000, 1_100_000));
    assertThat(proxy.requests()).hasSize(3).allMatch(r -> r.range().endsWith("-1099999"));
    assertThat(proxy.sent()).isBetween(600_000L, 800_000L);
  }

  @Test
  void aRegistryThatIgnoresRangesIsReadAnewUpToThePlace() throws IOException {
    proxy.on("GET", "/blobs/", new Fault.Truncate(900_000), new Fault.Whole());
    assertThat(all(0, -1)).isEqualTo(blob);
  }

  @Test
  void aBlobThatBreaksWithoutProgressIsAnErrorThatNamesIt() {
    proxy.always("GET", "/blobs/", new Fault.Truncate(0));
    assertThatThrownBy(() -> all(0, -1))
        .isInstanceOf(RegistryError.Unreachable.class)
        .hasMessageContaining(digest.toString())
        .hasMessageContaining(proxy.host());
  }

  @Test
  void aStallIsToldAsOne() {
    proxy.always("GET", "/blobs/", new Fault.Stall(0));
    assertThatThrownBy(() -> all(0, -1))
        .isInstanceOf(RegistryError.Unreachable.class)
        .hasMessageContaining("no byte came for 0.4 s");
  }

  @Test
  void aManifestIsReadAgainAfterStallsAndTruncations() {
    proxy.on("GET", "/manifests/", new Fault.Stall(10), new Fault.Truncate(10), Fault.status(408));
    assertThat(repository.manifest("v1").config().digest()).isEqualTo(digest);
    assertThat(proxy.count("GET", "/manifests/")).isEqualTo(4);
  }

  @Test
  void wrongBytesOfAManifestAreCorrupt() {
    String by = repository.head("v1").orElseThrow().toString();
    proxy.on("GET", "/manifests/", new Fault.Corrupt(3), new Fault.Shorten(20));
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> repository.manifest(by)).isInstanceOf(CorruptData.class);
    }
    assertThat(repository.manifest(by).digest().toString()).isEqualTo(by);
  }

  @Test
  void anEndlessManifestIsNotReadToItsEnd() {
    proxy.on("GET", "/manifests/", new Fault.Status(200, Map.of(), "[".repeat(9 << 20)));
    assertThatThrownBy(() -> repository.manifest("v1"))
        .isInstanceOf(CorruptData.class)
        .hasMessageContaining("more than 8388608 bytes");
  }

  @Test
  void limitsAreNamedWithWhatTheRegistryAsks() {
    String body = "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\",\"message\":\"slow down\"}]}";
    proxy.always("HEAD", "/manifests/", new Fault.Status(429, Map.of("Retry-After", "600"), body));
    assertThatThrownBy(() -> repository.head("v1"))
        .isInstanceOf(RegistryError.Failing.class)
        .hasMessageContaining("without a login")
        .hasMessageContaining("600 s")
        .extracting(e -> ((RegistryError) e).remedy())
        .asString()
        .contains("docker login", "image.mirrors");
    // Waiting that long is not for us.
    assertThat(proxy.count("HEAD", "/manifests/")).isEqualTo(1);
    proxy.always("GET", "/manifests/", new Fault.Status(429, Map.of(), body));
    assertThatThrownBy(() -> repository.manifest("v1"))
        .hasMessageContaining("TOOMANYREQUESTS slow down");
    assertThat(proxy.count("GET", "/manifests/")).isEqualTo(Remotes.HASTY.repeats().attempts());
  }

  @Test
  void retryAfterIsUnderstoodAsADate() {
    String then =
        DateTimeFormatter.RFC_1123_DATE_TIME.format(
            Instant.now().plusSeconds(500).atOffset(ZoneOffset.UTC));
    proxy.always("GET", "/manifests/", new Fault.Status(503, Map.of("Retry-After", then), ""));
    assertThatThrownBy(() -> repository.manifest("v1"))
        .hasMessageContainingAll("status 503", "wait 4");
  }

  @Test
  void anUploadThatStallsIsSentAgain() throws IOException {
    byte[] other = Remotes.noise(700_000);
    proxy.on("PUT", "digest=", new Fault.Stall(-1), Fault.status(500));
    proxy.on("POST", "/uploads/", Fault.status(502), new Fault.Reset(-1));
    Digest put = Remotes.put(repository, other);
    assertThat(repository.hasBlob(put)).isTrue();
  }

  @Test
  void aRedirectToNowhereAndOneWithoutEndAreErrors() {
    proxy.on("GET", "/manifests/", new Fault.Status(307, Map.of("Location", "file:///etc/x"), ""));
    assertThatThrownBy(() -> repository.manifest("v1")).hasMessageContaining("file:///etc/x");
    proxy.always("GET", "/manifests/", new Fault.Status(307, Map.of("Location", "v1"), ""));
    assertThatThrownBy(() -> repository.manifest("v1"))
        .isInstanceOf(RegistryError.class)
        .hasMessageContaining("307");
  }

  @Test
  void allPartsOfAListOfTagsAreRead() {
    repository.putManifest(repository.manifest("v1"), "v2");
    String link = "</v2/a/b/tags/list?last=v1&n=1>; rel=\"next\"";
    proxy.on(
        "GET", "/tags/list", new Fault.Status(200, Map.of("Link", link), "{\"tags\":[\"v1\"]}"));
    assertThat(repository.tags()).containsExactly("v1", "v2");
    proxy.on("GET", "/tags/list", new Fault.Status(200, Map.of(), "<html>"));
    assertThat(repository.tags()).containsExactly("v1", "v2");
  }

  private byte[] all(long from, long length) throws IOException {
    try (InputStream in =
        length < 0 ? repository.blob(digest, from) : repository.blob(digest, from, length)) {
      return in.readAllBytes();
    }
  }
}
