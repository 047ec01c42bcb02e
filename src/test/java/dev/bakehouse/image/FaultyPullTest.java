package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.oci.CorruptData;
import dev.bakehouse.oci.DiskFixture;
import dev.bakehouse.oci.DockerRegistry;
import dev.bakehouse.oci.Fault;
import dev.bakehouse.oci.FaultyRegistry;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.RegistryError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whole images through a registry that misbehaves: resumed, or a clear error and nothing
/// published.
@Tag("registry")
class FaultyPullTest {
  @TempDir Path dir;
  private DockerRegistry registry;
  private FaultyRegistry faulty;
  private Path disk;
  private Fixture host;

  @BeforeEach
  void push() throws IOException {
    registry = DockerRegistry.start(dir.resolve("registry"), false);
    faulty = FaultyRegistry.before(registry.host());
    disk = DiskFixture.make(dir.resolve("vm"), 7).resolve("disk.img");
    Fixture maker = new Fixture(dir.resolve("maker"));
    maker.store.adopt("vm", dir.resolve("vm"), Map.of(), "test");
    var _ = maker.transfer.push("vm", Reference.parse(registry.host() + "/o/vm:1"), List.of("1"));
    host = new Fixture(dir.resolve("host"));
  }

  @AfterEach
  void stop() throws IOException {
    faulty.close();
    registry.close();
  }

  static List<Fault> passing() {
    return List.of(
        new Fault.Reset(-1),
        new Fault.Reset(100_000),
        new Fault.Truncate(100_000),
        new Fault.Whole(),
        Fault.status(500),
        Fault.status(503),
        new Fault.Status(429, Map.of("Retry-After", "1"), ""));
  }

  @ParameterizedTest
  @MethodSource("passing")
  void whatPassesIsOutlasted(Fault fault) throws IOException {
    faulty.on("GET", "/blobs/", fault, new Fault.Pass(), fault, new Fault.Pass());
    faulty.on("GET", "/manifests/", fault);
    LocalImage image = pull();
    assertThat(Files.mismatch(image.disk(), disk)).isEqualTo(-1);
    assertThat(Verify.of(image).wrong()).isEmpty();
  }

  @Test
  void wrongBytesArePublishedNever() throws IOException {
    faulty.always("GET", "/blobs/", new Fault.Corrupt(5_000));
    assertThatThrownBy(this::pull).isInstanceOf(CorruptData.class);
    assertThat(host.store.list()).isEmpty();
    faulty.reset();
    assertThat(Files.mismatch(pull().disk(), disk)).isEqualTo(-1);
  }

  @Test
  void whatNeverPassesEndsInAnErrorAndTheNextPullGoesOn() throws IOException {
    faulty.on("GET", "/blobs/", new Fault.Pass(), new Fault.Pass(), new Fault.Pass());
    faulty.always("GET", "/blobs/", Fault.status(401));
    assertThatThrownBy(this::pull).isInstanceOf(RegistryError.class);
    assertThat(host.store.list()).isEmpty();
    faulty.reset();
    assertThat(Files.mismatch(pull().disk(), disk)).isEqualTo(-1);
  }

  private LocalImage pull() {
    return host.transfer.pull(Reference.parse(faulty.host() + "/o/vm:1"), "vm", false);
  }
}
