package dev.bakehouse.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Command;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Parts, mounts and uploads, with two registries of different make.
@Tag("registry")
class RegistryTransferTest {
  enum Make {
    DISTRIBUTION,
    CRANE
  }

  private static final int SIZE = 1_000_000;

  @TempDir Path temp;
  private final byte[] blob = Remotes.noise(SIZE);
  private final Digest digest = Digest.of(blob);

  @ParameterizedTest
  @EnumSource(Make.class)
  void aPartIsOneRangedRequestAndNothingElseMoves(Make make) throws Exception {
    try (var registry = start(make);
        FaultyRegistry proxy = FaultyRegistry.before(registry.host())) {
      Repository repository = Remotes.anonymous(proxy.host(), "a/b", temp);
      Remotes.put(repository, blob);
      proxy.reset();
      assertThat(part(repository, 1000, 5000)).isEqualTo(Arrays.copyOfRange(blob, 1000, 6000));
      assertThat(part(repository, SIZE - 10, 10))
          .isEqualTo(Arrays.copyOfRange(blob, SIZE - 10, SIZE));
      assertThat(part(repository, 7, 0)).isEmpty();
      assertThat(proxy.requests())
          .extracting(FaultyRegistry.Request::range)
          .containsExactly("bytes=1000-5999", "bytes=999990-999999");
      assertThat(proxy.sent()).isEqualTo(5010);
    }
  }

  @ParameterizedTest
  @EnumSource(Make.class)
  void aBlobThatIsShorterThanThePartGivesWhatItHas(Make make) throws Exception {
    try (var registry = start(make)) {
      Repository repository = Remotes.anonymous(registry.host(), "a/b", temp);
      Remotes.put(repository, blob);
      assertThat(part(repository, SIZE - 10, 5000))
          .isEqualTo(Arrays.copyOfRange(blob, SIZE - 10, SIZE));
      assertThat(part(repository, SIZE, 10)).isEmpty();
    }
  }

  /// Distribution answers so while somebody else sends the same blob.
  @Test
  void aManifestWhoseBlobsAreThereIsPutAgainWhenTheRegistryMissesOne() throws Exception {
    try (var registry = start(Make.DISTRIBUTION);
        FaultyRegistry proxy = FaultyRegistry.before(registry.host())) {
      Repository repository = Remotes.anonymous(proxy.host(), "a/b", temp);
      Fault missing =
          new Fault.Status(400, Map.of(), "{\"errors\":[{\"code\":\"DIGEST_INVALID\"}]}");
      Artifact artifact = Artifact.of("application/x", Map.of("a", "b"));
      proxy.on("PUT", "/manifests/", missing, missing);
      Manifest put = artifact.put(repository, "one");
      assertThat(repository.head("one")).contains(put.digest());
      assertThat(proxy.count("PUT", "/manifests/one")).isEqualTo(3);
      proxy.always("PUT", "/manifests/", missing);
      assertThatThrownBy(() -> artifact.put(repository, "two"))
          .isInstanceOf(RegistryError.class)
          .hasMessageContaining("finds a blob of it missing: DIGEST_INVALID");
      assertThat(proxy.count("PUT", "/manifests/two"))
          .isEqualTo(Remotes.HASTY.repeats().attempts());
    }
  }

  @Test
  void aManifestOfABlobThatIsMissingIsPutOnce() throws Exception {
    try (var registry = start(Make.DISTRIBUTION);
        FaultyRegistry proxy = FaultyRegistry.before(registry.host())) {
      Repository repository = Remotes.anonymous(proxy.host(), "a/b", temp);
      Manifest manifest =
          Manifest.artifact("x", List.of(new Descriptor("x", digest, SIZE, Map.of())), Map.of());
      assertThatThrownBy(() -> repository.putManifest(manifest, "one"))
          .isInstanceOf(RegistryError.class)
          .hasMessageContaining("MANIFEST_BLOB_UNKNOWN");
      assertThat(proxy.count("PUT", "/manifests/")).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(Make.class)
  void readingGoesOnByRangeWhereItBroke(Make make) throws Exception {
    try (var registry = start(make);
        FaultyRegistry proxy = FaultyRegistry.before(registry.host())) {
      Repository repository = Remotes.anonymous(proxy.host(), "a/b", temp);
      Remotes.put(repository, blob);
      proxy.reset();
      proxy.on("GET", "/blobs/", new Fault.Truncate(600_000));
      try (InputStream in = repository.blob(digest, 0)) {
        assertThat(in.readAllBytes()).isEqualTo(blob);
      }
      // Bytes that were under way when it broke may come twice.
      assertThat(proxy.sent()).isLessThan(SIZE + 600_000);
      assertThat(proxy.requests().getLast().range()).endsWith("-" + (SIZE - 1));
    }
  }

  @ParameterizedTest
  @EnumSource(Make.class)
  void aRegistryThatIgnoresRangesGivesTheSamePart(Make make) throws Exception {
    try (var registry = start(make);
        FaultyRegistry proxy = FaultyRegistry.before(registry.host())) {
      Repository repository = Remotes.anonymous(proxy.host(), "a/b", temp);
      Remotes.put(repository, blob);
      proxy.always("GET", "/blobs/", new Fault.Whole());
      assertThat(part(repository, 300_000, 5000))
          .isEqualTo(Arrays.copyOfRange(blob, 300_000, 305_000));
      assertThat(part(repository, SIZE + 5, 10)).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Make.class)
  void whatIsThereIsNeverSentAgainAndOthersBlobsAreMounted(Make make) throws Exception {
    try (var registry = start(make);
        FaultyRegistry proxy = FaultyRegistry.before(registry.host())) {
      Repository first = Remotes.anonymous(proxy.host(), "a/b", temp);
      Remotes.put(first, blob);
      proxy.reset();
      Remotes.put(first, blob);
      assertThat(proxy.received()).isZero();
      Repository second = Remotes.anonymous(proxy.host(), "c/d", temp);
      // Crane's has no mounts: it begins an upload, which is ended.
      assertThat(second.mount(digest, first.name())).isEqualTo(make == Make.DISTRIBUTION);
      assertThat(second.hasBlob(digest)).isTrue();
      assertThat(part(second, 5, 10)).isEqualTo(Arrays.copyOfRange(blob, 5, 15));
      assertThat(proxy.received()).isZero();
      assertThat(second.mount(digest, "other.example/a/b")).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(Make.class)
  void aMountOfWhatIsNotThereLeavesNoUploadBehind(Make make) throws Exception {
    try (var registry = start(make);
        FaultyRegistry proxy = FaultyRegistry.before(registry.host())) {
      Repository repository = Remotes.anonymous(proxy.host(), "c/d", temp);
      assertThat(repository.mount(digest, proxy.host() + "/a/b")).isFalse();
      assertThat(repository.hasBlob(digest)).isFalse();
      assertThat(proxy.count("DELETE", "/uploads/")).isEqualTo(1);
      Remotes.put(repository, blob);
      assertThat(repository.hasBlob(digest)).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(Make.class)
  void chunksMakeTheSameBlob(Make make) throws Exception {
    try (var registry = start(make);
        FaultyRegistry proxy = FaultyRegistry.before(registry.host())) {
      Repository repository = Remotes.chunked(300_000, proxy.host(), "a/b", temp);
      Remotes.put(repository, blob);
      Remotes.put(repository, Remotes.noise(1));
      Remotes.put(repository, new byte[0]);
      assertThat(proxy.count("PATCH", "")).isEqualTo(4);
      assertThat(part(repository, 0, SIZE)).isEqualTo(blob);
      assertThat(fetchedByCrane(registry.host())).isEqualTo(digest);
    }
  }

  /// These registries refuse to go on where a chunk broke off (Distribution's place holds the
  /// offset it had, crane forgets); a new upload then makes it whole.
  @ParameterizedTest
  @EnumSource(Make.class)
  void aBrokenUploadIsMadeWhole(Make make) throws Exception {
    try (var registry = start(make);
        FaultyRegistry proxy = FaultyRegistry.before(registry.host())) {
      Repository chunked = Remotes.chunked(300_000, proxy.host(), "a/b", temp);
      proxy.on("PATCH", "", new Fault.Pass(), new Fault.ResetRequest(100_000), new Fault.Reset(-1));
      proxy.on("PUT", "digest=", new Fault.Reset(-1));
      Remotes.put(chunked, blob);
      assertThat(part(chunked, 0, SIZE)).isEqualTo(blob);
      proxy.on("PUT", "digest=", new Fault.ResetRequest(500_000), Fault.status(500));
      Repository single = Remotes.anonymous(proxy.host(), "c/d", temp);
      Remotes.put(single, blob);
      assertThat(part(single, 0, SIZE)).isEqualTo(blob);
    }
  }

  @ParameterizedTest
  @EnumSource(Make.class)
  void anUploadOfWrongBytesIsRefused(Make make) throws Exception {
    try (var registry = start(make)) {
      for (long chunk : List.of(0L, 300_000L)) {
        Repository repository = Remotes.chunked(chunk, registry.host(), "a/b", temp);
        Path file = Files.write(temp.resolve("wrong"), blob);
        Digest other = Digest.of(new byte[] {1});
        assertThatThrownBy(() -> repository.writeBlob(other, file))
            .isInstanceOf(RegistryError.class)
            .hasMessageContaining(other.toString());
        assertThat(repository.hasBlob(other)).isFalse();
      }
    }
  }

  private byte[] part(Repository repository, long from, long length) throws IOException {
    try (InputStream in = repository.blob(digest, from, length)) {
      return in.readAllBytes();
    }
  }

  private Digest fetchedByCrane(String host) {
    return Digest.of(
        Command.of(CraneRegistry.program(), "blob", "--insecure", host + "/a/b@" + digest)
            .check()
            .out());
  }

  private interface Running extends AutoCloseable {
    String host();

    @Override
    void close();
  }

  private Running start(Make make) throws IOException {
    return switch (make) {
      case DISTRIBUTION -> {
        DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false);
        yield running(registry.host(), registry::close);
      }
      case CRANE -> {
        CraneRegistry registry = CraneRegistry.start(temp.resolve("log"));
        yield running(registry.host(), registry::close);
      }
    };
  }

  private static Running running(String host, Runnable end) {
    return new Running() {
      @Override
      public String host() {
        return host;
      }

      @Override
      public void close() {
        end.run();
      }
    };
  }
}
