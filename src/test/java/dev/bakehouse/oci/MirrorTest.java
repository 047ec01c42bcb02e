package dev.bakehouse.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.config.ConfigError;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.platform.Patience;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A registry and a pull-through cache of it, each behind a proxy that counts and can misbehave.
@Tag("registry")
class MirrorTest {
  @TempDir Path temp;
  private DockerRegistry originRegistry;
  private DockerRegistry cacheRegistry;
  private FaultyRegistry origin;
  private FaultyRegistry mirror;
  private RemoteRepository direct;
  private Repository mirrored;
  private Manifest manifest;
  private final List<String> log = new ArrayList<>();
  private final byte[] blob = Remotes.noise(800_000);
  private final Digest digest = Digest.of(blob);

  @BeforeEach
  void start() throws IOException {
    originRegistry = DockerRegistry.start(temp.resolve("origin"), false);
    cacheRegistry = DockerRegistry.mirrorOf(originRegistry.host(), temp.resolve("mirror"));
    origin = FaultyRegistry.before(originRegistry.host());
    mirror = FaultyRegistry.before(cacheRegistry.host());
    direct = Remotes.anonymous(origin.host(), "a/b", temp);
    Remotes.put(direct, blob);
    manifest = manifest("1");
    direct.putManifest(manifest, "v1");
    mirrored = open(Duration.ofMinutes(5));
    origin.reset();
  }

  @AfterEach
  void stop() throws IOException {
    origin.close();
    mirror.close();
    cacheRegistry.close();
    originRegistry.close();
  }

  @Test
  void contentComesThroughTheMirrorAndTagsFromTheRegistry() throws IOException {
    assertThat(mirrored.manifest("v1").digest()).isEqualTo(manifest.digest());
    assertThat(read(0)).isEqualTo(blob);
    assertThat(mirrored.head(manifest.digest().toString())).contains(manifest.digest());
    try (var in = mirrored.blob(digest, 100, 200)) {
      assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(blob, 100, 300));
    }
    assertThat(origin.requests())
        .extracting(r -> r.method() + " " + r.path())
        .containsExactly("HEAD /v2/a/b/manifests/v1");
    assertThat(mirror.sent()).isGreaterThan(800_000);
    assertThat(log).isEmpty();
  }

  @Test
  void writesGoToTheRegistry() throws IOException {
    Digest other = Remotes.put(mirrored, Remotes.noise(1000));
    mirrored.putManifest(manifest("2"), "v2");
    assertThat(mirror.requests()).isEmpty();
    assertThat(direct.hasBlob(other)).isTrue();
    assertThat(direct.tags()).containsExactly("v1", "v2");
  }

  @Test
  void aMirrorThatIsDownIsLeftAloneAndSaidSoOnce() throws IOException {
    cacheRegistry.close();
    mirror.close();
    assertThat(mirrored.manifest("v1").digest()).isEqualTo(manifest.digest());
    assertThat(read(0)).isEqualTo(blob);
    assertThat(read(10)).hasSize(800_000 - 10);
    assertThat(log).singleElement().asString().contains(mirror.host(), "left alone for 300 s");
  }

  @Test
  void aMirrorIsAskedAgainAfterItsRest() throws IOException {
    mirrored = open(Duration.ZERO);
    mirror.on("GET", "/blobs/", Fault.status(404), Fault.status(500), Fault.status(500));
    assertThat(read(0)).isEqualTo(blob);
    assertThat(log).isEmpty();
    assertThat(read(0)).isEqualTo(blob);
    assertThat(log).hasSize(1);
    long before = origin.count("GET", "/blobs/");
    assertThat(read(0)).isEqualTo(blob);
    assertThat(origin.count("GET", "/blobs/")).isEqualTo(before);
  }

  @Test
  void aStaleMirrorDoesNotDecideWhatATagMeans() {
    mirrored.manifest("v1");
    Manifest next = manifest("2");
    direct.putManifest(next, "v1");
    mirror.always(
        "HEAD",
        "/manifests/v1",
        new Fault.Status(200, Map.of("Docker-Content-Digest", manifest.digest().toString()), ""));
    assertThat(mirrored.head("v1")).contains(next.digest());
    assertThat(mirrored.manifest("v1").digest()).isEqualTo(next.digest());
    origin.always("HEAD", "", Fault.status(500));
    assertThat(mirrored.head("v1")).contains(manifest.digest());
    assertThat(log).singleElement().asString().contains("status 500", "a mirror says");
  }

  @Test
  void withoutRegistryAndMirrorTheRegistrysFailureIsTold() {
    origin.always("HEAD", "", Fault.status(500));
    mirror.always("HEAD", "", Fault.status(404));
    assertThatThrownBy(() -> mirrored.head("v1"))
        .isInstanceOf(RegistryError.Failing.class)
        .hasMessageContaining("status 500");
  }

  @Test
  void whatAMirrorBreaksOffTheRegistryGoesOnWith() throws IOException {
    mirror.on("GET", "/blobs/", new Fault.Truncate(500_000));
    mirror.always("GET", "/blobs/", new Fault.Stall(0));
    assertThat(read(0)).isEqualTo(blob);
    assertThat(origin.requests())
        .extracting(FaultyRegistry.Request::range)
        .singleElement()
        .asString()
        .as("what was in no buffer yet when the connection broke is read again")
        .matches("bytes=[1-9]\\d{4,5}-");
    assertThat(log).singleElement().asString().contains("no byte came");
  }

  @Test
  void wrongBytesOfAMirrorAreNotAskedForAgain() throws IOException {
    mirror.on("GET", "/blobs/", new Fault.Corrupt(1000));
    mirror.on("GET", "/manifests/sha256", new Fault.Corrupt(10));
    assertThat(read(0)).isNotEqualTo(blob);
    assertThat(mirrored.distrust(digest)).isTrue();
    assertThat(read(0)).isEqualTo(blob);
    assertThat(mirrored.distrust(digest)).isFalse();
    assertThat(log).singleElement().asString().contains("its bytes of the blob " + digest);
    mirrored = open(Duration.ofMinutes(5));
    assertThat(mirrored.manifest("v1").digest()).isEqualTo(manifest.digest());
    assertThat(log).hasSize(2).last().asString().contains("is corrupt");
  }

  @Test
  void aLoginThatIsBoundToNoHostIsNotShownToAMirror() throws IOException {
    Credentials login = Remotes.login("user", "s3cret");
    assertThat(login.find("any.example")).isPresent();
    assertThat(login.boundToHosts().find("any.example")).isEmpty();
    mirror.on("GET", "", new Fault.Status(401, Map.of("WWW-Authenticate", "Basic realm=x"), ""));
    Repository repository =
        new Repositories(login, true, temp, registries(), new MirrorHealth(log::add))
            .open(Remotes.reference(origin.host(), "a/b"));
    assertThat(repository.manifest("v1").digest()).isEqualTo(manifest.digest());
    assertThat(mirror.requests()).allMatch(r -> r.authorization().isEmpty());
    assertThat(log).singleElement().asString().contains("wants credentials");
  }

  @Test
  void theConfigurationNamesMirrorsByHost() {
    Registries read =
        Registries.read(
            Yaml.parse(
                    "f",
                    """
                    image:
                      mirrors:
                        ghcr.io: [http://mini-1.local:5000, cache.example/ghcr]
                        docker.example: https://m.example:8443
                      upload-chunks: {r.example: 1000000, ghcr.io: 0}
                    """)
                .section("image"));
    assertThat(read.mirrors("ghcr.io"))
        .containsExactly(
            new Mirror("mini-1.local:5000", "", true), new Mirror("cache.example", "ghcr/", false));
    assertThat(read.mirrors("docker.example"))
        .containsExactly(new Mirror("m.example:8443", "", false));
    assertThat(read.mirrors("other.example")).isEmpty();
    assertThat(read.chunk("ghcr.io")).isZero();
    assertThat(read.chunk("r.example")).isEqualTo(1_000_000);
    assertThat(Registries.NONE.chunk("ghcr.io")).isBetween(3_000_000L, 3_999_999L);
    assertThat(Mirror.parse("cache.example/ghcr").of(Remotes.reference("ghcr.io", "o/r")))
        .hasToString("cache.example/ghcr/o/r:latest");
    for (String wrong : List.of("mirrors: {ghcr.io: 'a b'}", "upload-chunks: {a.b: 4MB}")) {
      assertThatThrownBy(
              () -> Registries.read(Yaml.parse("f", "image: {" + wrong + "}").section("image")))
          .isInstanceOf(ConfigError.class)
          .hasMessageContaining("f:1");
    }
  }

  private Registries registries() {
    return new Registries(
        Map.of(origin.host(), List.of(new Mirror(mirror.host(), "", true))), Map.of());
  }

  private Repository open(Duration rest) {
    Mirror settings = new Mirror(mirror.host(), "", true);
    RegistryPatience patience =
        new RegistryPatience(
            new Patience(2, Duration.ofMillis(5), Duration.ofMillis(5), Duration.ofSeconds(5)),
            Duration.ofSeconds(3),
            Duration.ofMillis(400),
            Duration.ofSeconds(5));
    RemoteRepository copy =
        new RemoteRepository(
            settings.of(Remotes.reference(origin.host(), "a/b")),
            Remotes.none(),
            true,
            temp,
            patience,
            0);
    return new MirroredRepository(
        direct,
        List.of(new MirroredRepository.Source(settings, copy)),
        new MirrorHealth(log::add, rest));
  }

  private Manifest manifest(String note) {
    return Manifest.of(
        new Descriptor("x/y", digest, blob.length, Map.of()), List.of(), Map.of("note", note));
  }

  private byte[] read(long from) throws IOException {
    try (var in = mirrored.blob(digest, from)) {
      return in.readAllBytes();
    }
  }
}
